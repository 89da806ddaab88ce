// Every screen of the console with the address it has on this site: ids are read from the lists, as a person would find them.
import { fileURLToPath } from 'node:url'

import { openLink, settle } from './browser.mjs'

const demo = (name) => fileURLToPath(new URL(`../../demo/${name}`, import.meta.url))

/** The address of the first link of a list that starts so. Links beside the list lead to other lists. */
async function firstId(page, url, list, start) {
  await openLink(page, url, list)
  const link = page.locator(`.q-page table a[href*="#${start}"]`).first()
  const href = await link.getAttribute('href', { timeout: 5000 }).catch(() => null)
  if (!href) throw new Error(`${list} links to nothing below ${start}`)
  return href.slice(href.indexOf('#') + 1)
}

/**
 * Screens as `{ name, address, act }`; `act` does what has to be pressed before there is something to see, and writes nothing
 * to the service.
 */
export async function screensOf(page, url, record) {
  await printLabels(page, url)
  const round = await firstId(page, url, '/rounds', '/rounds/0')
  const rack = await firstId(page, url, '/ledger', '/ledger/racks/')
  const leaf = await firstId(page, url, '/log', '/log/')
  const recordAddress = record ? `/records/${record}` : await firstId(page, url, '/records', '/records/')
  const rectification = await firstId(page, url, '/rectifications', '/rectifications/').catch(() => null)
  const change = await firstId(page, url, '/ledger/changes', '/ledger/changes/').catch(() => null)
  // Only where something is kept aside that can be decided about.
  const beside = await firstId(page, url, '/aside', '/beside/').catch(() => null)
  const press = (...names) => async (page) => {
    for (const name of names) await page.getByTestId(name).first().click()
  }
  return [
    { name: 'overview', address: '/' },
    { name: 'login', address: '/login', isOpen: true },
    { name: 'rounds', address: '/rounds' },
    { name: 'round', address: round },
    { name: 'round-new', address: '/rounds/new' },
    { name: 'round-preview', address: '/rounds/new', act: previewRound },
    { name: 'round-coverage', address: `${round}/coverage` },
    { name: 'round-lines', address: `${round}/lines?state=missed` },
    { name: 'round-indicators', address: `${round}/indicators` },
    { name: 'round-closing', address: `${round}/closing` },
    { name: 'records', address: '/records' },
    { name: 'record', address: recordAddress },
    { name: 'record-photo', address: recordAddress, act: openPhoto },
    { name: 'findings', address: '/findings' },
    { name: 'discrepancies', address: '/discrepancies' },
    { name: 'rectifications', address: '/rectifications' },
    { name: 'unopened', address: '/rectifications/unopened' },
    ...(rectification ? [{ name: 'rectification', address: rectification }] : []),
    { name: 'ledger', address: '/ledger' },
    { name: 'ledger-versions', address: '/ledger/versions' },
    { name: 'ledger-changes', address: '/ledger/changes' },
    ...(change ? [{ name: 'ledger-change', address: change }] : []),
    { name: 'ledger-import', address: '/ledger/import' },
    { name: 'ledger-preview', address: '/ledger/import', act: previewLedger },
    { name: 'ledger-rack', address: rack, act: (page) => page.locator('[data-testid^=rack-item-]').first().click() },
    { name: 'monitoring', address: '/monitoring' },
    { name: 'labels', address: '/labels' },
    { name: 'labels-new', address: '/labels/new' },
    { name: 'label-sheet', address: '/labels', act: pickLabels },
    { name: 'label-ruler', address: '/labels/sheet', act: (page) => page.getByTestId('sheet-layout').selectOption('ruler') },
    { name: 'people', address: '/people' },
    { name: 'person-new', address: '/people', act: press('new-person', 'person-add') },
    { name: 'terminals', address: '/terminals' },
    { name: 'keys', address: '/keys' },
    { name: 'key-revoke', address: '/keys', act: (page) => page.locator('[data-testid^=revoke-]').first().click() },
    { name: 'log', address: '/log', act: press('checkpoint-note') },
    { name: 'leaf', address: leaf },
    { name: 'verification', address: '/verification' },
    { name: 'aside', address: '/aside' },
    ...(beside ? [{ name: 'beside', address: beside }] : []),
    { name: 'audit', address: '/audit' },
    { name: 'nothing-found', address: '/records?q=%E2%80%BB%E2%80%BB' },
  ]
}

/** Opens a screen and does what belongs to it. */
export async function openScreen(page, url, screen) {
  await openLink(page, url, screen.address)
  if (!screen.act) return
  await screen.act(page)
  await settle(page)
}

async function previewRound(page) {
  await page.getByTestId('round-kind').selectOption('special')
  await page.getByTestId('round-year').selectOption({ index: 3 })
  await page.getByTestId('round-quarter').selectOption('1')
  await page.getByTestId('round-title').fill('2027-01 主汛期专项巡检')
  await page.getByTestId('round-from').fill('2027-01-04')
  await page.getByTestId('round-by').fill('2027-01-15')
  await page.getByTestId('exclusion-subject').selectOption({ index: 2 })
  await page.getByTestId('exclusion-reason').fill('已断电下架')
  await page.getByTestId('exclusion-add').click()
  await page.getByTestId('round-preview').click()
  await page.getByTestId('round-confirm').waitFor()
}

/** The first photo of a record; a record without one shows its end instead. */
async function openPhoto(page) {
  const photo = page.locator('button.shot').first()
  if (await photo.count()) await photo.click()
  else await page.keyboard.press('End')
}

async function previewLedger(page) {
  await page.getByTestId('ledger-files').setInputFiles([demo('ledger-gbk.csv'), demo('virtual_machines.csv')])
  await page.getByTestId('ledger-preview').click()
  await page.getByTestId('import-counts').waitFor()
}

/** Labels of the rooms, where the service has no picture of any label yet: the only thing that is written here. */
async function printLabels(page, url) {
  await openLink(page, url, '/labels')
  if (await page.locator('input[data-testid^=pick-]').count()) return
  await openLink(page, url, '/labels/new')
  await page.getByTestId('labels-rooms').check()
  await page.getByTestId('labels-size').selectOption('50x30')
  await page.getByTestId('labels-print').click()
  await page.getByTestId('labels-printed').waitFor()
}

/** Through the list, because the sheet takes nothing from an address. */
async function pickLabels(page) {
  for (const pick of await page.locator('input[data-testid^=pick-]').all()) await pick.check()
  await page.getByTestId('print-picked').click()
  await page.locator('[data-testid^=sheet-1]').waitFor()
}
