// Every screen of the console in four looks, as the documentation shows them: what is in the window, at 1440 × 900.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { answer, logIn, openPage, settle, told, withBrowser } from './browser.mjs'
import { openScreen, screensOf } from './screens.mjs'

const words = told()
const url = words.one('url')
const folder = words.one('out')
mkdirSync(folder, { recursive: true })

await withBrowser(async (browser) => {
  const { context, page } = await openPage(browser)
  await logIn(page, url, words.one('name'), words.one('password'))
  const state = await context.storageState()
  const screens = await screensOf(page, url, words.has('record') ? words.one('record') : undefined)
  const looks = ['zh-CN', 'en'].flatMap((language) => ['light', 'dark'].map((theme) => ({ language, theme })))
  const pictures = await Promise.all(looks.map((look) => photograph(browser, state, screens, look)))
  answer({ pictures: pictures.flat().length })
})

async function photograph(browser, state, screens, look) {
  const files = []
  const inside = await openPage(browser, { ...look, state })
  const outside = await openPage(browser, look)
  for (const screen of screens) {
    const { page } = screen.isOpen ? outside : inside
    await openScreen(page, url, screen)
    await settle(page)
    const file = `console-${screen.name}-${look.language.slice(0, 2)}-${look.theme}.png`
    await page.screenshot({ path: join(folder, file) })
    files.push(file)
  }
  await Promise.all([inside.context.close(), outside.context.close()])
  return files
}
