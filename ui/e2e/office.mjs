// The office's morning by hand, in a real browser: somebody new, the ledger, this quarter's round, and the code that brings an
// inspector's tablet in. Says in one line what the pages showed.
import assert from 'node:assert/strict'

import { answer, logIn, openPage, settle, told, withBrowser } from './browser.mjs'

const words = told()
const url = words.one('url')
const ledgers = words.all('ledger')
assert(ledgers.length > 0, '--ledger is missing')
/** Who inspects already, and for whom, as the stories make them. */
const inspector = '镕堃'
const provider = '云山云服务有限公司'

await withBrowser(async (browser) => {
  const { context, page, faults, violations } = await openPage(browser)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url })
  const shoot = async (name) => words.has('pictures') && page.screenshot({ path: `${words.one('pictures')}/office-${name}.png` })
  const textOf = async (name) => (await page.getByTestId(name).innerText()).trim()
  const numberOf = async (name) => Number(await textOf(name))

  await logIn(page, url, words.one('name'), words.one('password'))

  // Somebody new, by name, organisation and role.
  await page.getByTestId('nav-people').click()
  await page.getByTestId('new-person').click()
  await page.getByTestId('person-name').fill('李工')
  const parties = page.getByTestId('person-party')
  await parties.locator('option', { hasText: provider }).waitFor({ state: 'attached' })
  await parties.selectOption(await parties.locator('option', { hasText: provider }).getAttribute('value'))
  await page.getByTestId('role-inspector').check()
  await shoot('person')
  await page.getByTestId('person-add').click()
  const rowOf = (name) => page.getByTestId('people-table').locator('tbody tr', { hasText: name })
  await rowOf('李工').waitFor()

  // The ledger: first what would change and which rows are refused, then the import.
  await page.getByTestId('nav-ledger').click()
  await page.getByTestId('tab-ledger-import').click()
  await page.getByTestId('ledger-files').setInputFiles(ledgers)
  await page.getByTestId('ledger-preview').click()
  await page.getByTestId('import-counts').waitFor()
  const counts = {}
  for (const name of ['rows_read', 'rows_taken', 'rows_refused', 'rooms', 'racks', 'assets', 'added']) counts[name] = await numberOf(`count-${name}`)
  assert(counts.rows_taken > 0 && counts.added > 0, `the preview counts nothing to import: ${JSON.stringify(counts)}`)
  assert.equal(counts.rows_read, counts.rows_taken + counts.rows_refused, 'every row read is taken or refused')
  const problems = await page.getByTestId('problems-table').locator('tbody tr').count()
  assert(problems >= counts.rows_refused, `${counts.rows_refused} rows are refused and ${problems} problems are shown`)
  await shoot('preview')
  await page.getByTestId('ledger-import').click()
  const version = Number(/\d+/.exec(await textOf('ledger-imported'))?.[0])

  // The round of the running quarter: the form proposes its title and days, the preview says what it comes to.
  await page.getByTestId('nav-rounds').click()
  await page.getByTestId('new-round').click()
  const [year, month] = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(new Date()).split('-').map(Number)
  await page.getByTestId('round-kind').selectOption('quarterly')
  await page.getByTestId('round-year').selectOption(String(year))
  await page.getByTestId('round-quarter').selectOption(String(Math.ceil(month / 3)))
  assert.notEqual(await page.getByTestId('round-title').inputValue(), '', 'the quarter proposes a title')
  await page.getByTestId('round-preview').click()
  await page.getByTestId('round-confirm').waitFor()
  const [visits, lines] = (await textOf('preview-visits')).match(/\d+/g).map(Number)
  assert(await page.getByTestId('round-open').isDisabled(), 'nobody opens a round without saying that they read what it comes to')
  await page.getByTestId('round-read').check()
  await shoot('round')
  await page.getByTestId('round-open').click()
  await page.getByTestId('plan').waitFor()
  await settle(page)
  const round = decodeURIComponent(page.url().split('/').at(-1))
  assert.equal(Number(await page.getByTestId('visits-total').getAttribute('data-total')), visits, 'the round has the visits its preview promised')

  // The code for the inspector's tablet: read from the page, and whole from the clipboard.
  await page.getByTestId('nav-people').click()
  await rowOf(inspector).locator('[data-testid^=enrol-]').click()
  const code = await textOf('enrol-text')
  await page.getByTestId('enrol-qr').waitFor()
  const hasPicture = await page.getByTestId('enrol-qr').evaluate((image) => image.decode().then(() => image.naturalWidth > 0))
  assert(hasPicture, 'the QR code is drawn')
  await shoot('code')
  await page.getByTestId('enrol-copy').click()
  const invite = await page.evaluate(() => navigator.clipboard.readText())
  answer({ version, round, visits, lines, counts, problems, invite, code, faults: [...faults, ...(await violations())] })
})
