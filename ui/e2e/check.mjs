// What the console says of one record and of the round, and whether every number of the first page is the number of things in
// the list behind it.
import assert from 'node:assert/strict'

import { answer, logIn, openLink, openPage, settle, told, withBrowser } from './browser.mjs'

const words = told()
const url = words.one('url')

await withBrowser(async (browser) => {
  const { page } = await openPage(browser)
  await logIn(page, url, words.one('name'), words.one('password'))

  await openLink(page, url, `/records/${words.one('record')}`)
  const banner = page.getByTestId('verdict-banner')
  const record = {
    verdict: await banner.getAttribute('data-verdict'),
    step: await banner.getAttribute('data-step'),
    steps: await page.locator('[data-testid^=step-]').evaluateAll((steps) => steps.map((step) => ({ step: step.dataset.testid.slice(5), verdict: step.dataset.verdict }))),
    text: await banner.innerText(),
    broken: await page.locator('[data-testid^=photo-] .mark-failed').count(),
  }

  await openLink(page, url, '/')
  const stats = await page.locator('[data-testid^=stat-]').evaluateAll((links) => links.map((link) => [link.dataset.testid.slice(5), Number(link.dataset.value)]))
  const percent = (await page.getByTestId('coverage-percent').innerText()).trim()
  const tiles = {}
  for (const state of await page.locator('[data-testid^=tile-]').evaluateAll((all) => all.map((tile) => tile.dataset.state))) tiles[state] = (tiles[state] ?? 0) + 1
  for (const [name, value] of stats) {
    await page.getByTestId(`stat-${name}`).click()
    await page.waitForFunction(() => document.querySelector('[data-total]'))
    await settle(page)
    // A round shows its visits below its plan; every other number leads to a list of its own.
    const total = Number(await page.locator('[data-total]').getAttribute('data-total'))
    assert.equal(total, value, `the first page counts ${value} under “${name}”, and the list behind it (${page.url()}) has ${total}`)
    await openLink(page, url, '/')
  }
  const { received, receipt } = Object.fromEntries(stats)
  answer({ ...record, percent, received, receipt, stats: Object.fromEntries(stats), tiles })
})
