// What the console shows of a round's progress: each number of its coverage held against the list behind it, its indicators, its
// closing, what becomes of its problems, and the change sets of the ledger. Files are taken as a person takes them.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { answer, logIn, openLink, openPage, settle, told, withBrowser } from './browser.mjs'

const words = told()
const url = words.one('url')
const round = words.one('round')

await withBrowser(async (browser) => {
  const { page, faults, violations } = await openPage(browser)
  await logIn(page, url, words.one('name'), words.one('password'))
  const textOf = async (name) => (await page.getByTestId(name).innerText()).trim()
  const totalOf = async (list) => Number(await page.getByTestId(`${list}-total`).getAttribute('data-total'))
  const idsOf = (start) => page.locator(`[data-testid^=${start}]`).evaluateAll((all) => all.map((one) => one.dataset.testid))
  const save = async (press, file) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId(press).click()])
    await download.saveAs(file)
    return download.suggestedFilename()
  }

  // Every number of the whole round, and those of the first room and criterion, is the length of the list it opens.
  await openLink(page, url, `/rounds/${round}/coverage`)
  const stats = await page.locator('[data-testid^=stat-line-]').evaluateAll((links) => links.map((link) => [link.dataset.testid.slice('stat-line-'.length), Number(link.dataset.value), link.getAttribute('href')]))
  const parts = await page.locator('[data-testid=rooms-table] tbody tr:first-child a, [data-testid=criteria-table] tbody tr:first-child a').evaluateAll((links) => links.map((link) => [link.dataset.testid, Number(/\d+/.exec(link.textContent)[0]), link.getAttribute('href')]))
  const percent = await textOf('counted-percent')
  for (const [name, value, href] of [...stats, ...parts]) {
    await openLink(page, url, href.slice(href.indexOf('#') + 1))
    assert.equal(await totalOf('lines'), value, `the page counts ${value} under “${name}”, and the list behind it has another length`)
  }

  await openLink(page, url, `/rounds/${round}/indicators`)
  const indicators = Object.fromEntries(await page.locator('[data-testid^=value-]').evaluateAll((all) => all.map((one) => [one.dataset.testid.slice('value-'.length), one.textContent.trim()])))

  await openLink(page, url, `/rounds/${round}/closing`)
  const isClosed = (await page.getByTestId('closed').count()) > 0
  const closing = {
    isClosed,
    text: isClosed ? await textOf('closed') : await textOf('needs'),
    people: await page.getByTestId('signatory').allInnerTexts(),
    draft: isClosed ? null : await textOf('close-draft'),
  }
  if (isClosed && words.has('archive')) closing.file = await save('archive', words.one('archive'))

  await openLink(page, url, `/rectifications?round=${round}`)
  const rectifications = { total: await totalOf('rectifications') }
  if (words.has('csv')) {
    rectifications.file = await save('export-csv', words.one('csv'))
    rectifications.csv = readFileSync(words.one('csv'), 'utf8')
  }
  if (words.has('rectification')) {
    await openLink(page, url, `/rectifications/${words.one('rectification')}`)
    Object.assign(rectifications, {
      state: await page.getByTestId('standing').getAttribute('data-state'),
      tasks: (await idsOf('task-')).map((id) => id.slice('task-'.length)),
      commands: await page.locator('code[data-testid^=command-]').allInnerTexts(),
      steps: await page.locator('[data-testid=steps] li').allInnerTexts(),
    })
    await page.getByTestId('source-record').click()
    await page.getByTestId('verdict-banner').waitFor()
    await settle(page)
  }
  await openLink(page, url, `/rectifications/unopened?round=${round}`)
  rectifications.unopened = await totalOf('unopened')

  await openLink(page, url, '/ledger/changes')
  const changes = { total: await totalOf('change-sets') }
  if (changes.total > 0) {
    await page.locator('[data-testid=change-sets-table] a').first().click()
    await page.getByTestId('proposed-table').waitFor()
    await settle(page)
    changes.state = await page.getByTestId('change-facts').getAttribute('data-state')
    changes.rows = await page.locator('[data-testid=proposed-table] tbody tr').allInnerTexts()
  }
  answer({ percent, stats: Object.fromEntries(stats.map(([name, value]) => [name, value])), indicators, closing, rectifications, changes, faults: [...faults, ...(await violations())] })
})
