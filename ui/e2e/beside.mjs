// What the console shows of records that claim one place: from the list of what is kept aside by its link, and from the page of
// the record that was taken in.
import assert from 'node:assert/strict'

import { answer, logIn, openLink, openPage, settle, told, withBrowser } from './browser.mjs'

const words = told()
const url = words.one('url')

await withBrowser(async (browser) => {
  const { page, faults, violations } = await openPage(browser)
  await logIn(page, url, words.one('name'), words.one('password'))

  await openLink(page, url, '/aside')
  await page.locator('[data-testid^=look-]').first().click()
  await page.getByTestId('differences').waitFor()
  await settle(page)
  const address = page.url().split('#')[1]
  const part = await page.getByTestId('differences').evaluate((section) => ({ ...section.dataset }))
  const cards = await page.locator('[data-testid^=beside-][data-accepted]').evaluateAll((all) => all.map((card) => ({ accepted: card.dataset.accepted === 'true', counts: card.dataset.counts ?? null, text: card.innerText })))
  const state = await page.getByTestId('decision').getAttribute('data-state')
  const decision = await page.getByTestId('decision').innerText()
  const differences = await page.getByTestId('differences').innerText()

  // The record that was taken in leads to the same page.
  await openLink(page, url, `/records/${words.one('record')}`)
  await page.getByTestId('beside-link').click()
  await page.getByTestId('differences').waitFor()
  await settle(page)
  const again = await page.locator('[data-testid^=beside-][data-accepted]').count()
  assert.equal(again, cards.length, 'the record and the list lead to the same records')
  answer({ address, cards, state, decision, differences, lines: Number(part.lines), assets: Number(part.assets), findings: Number(part.findings), faults: [...faults, ...(await violations())] })
})
