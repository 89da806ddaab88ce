// Every screen of the console in both themes and both languages, at three widths and with text twice as large, held against
// what can be measured: accessibility (axe), targets, policy, errors, texts nobody translated, pages that scroll sideways.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { AxeBuilder } from '@axe-core/playwright'

import { answer, logIn, openPage, settle, smallTargets, told, withBrowser } from './browser.mjs'
import { openScreen, screensOf } from './screens.mjs'

const words = told()
const url = words.one('url')
const looks = ['zh-CN', 'en'].flatMap((language) => ['light', 'dark'].map((theme) => ({ language, theme })))
const widths = [1440, 1024, 400]
const height = 900
/** First parts of every key, so that a host name is not taken for one. */
const features = readdirSync(fileURLToPath(new URL('../src/locales/zh-CN', import.meta.url))).map((file) => file.replace('.json', ''))

await withBrowser(async (browser) => {
  const { context, page } = await openPage(browser)
  await logIn(page, url, words.one('name'), words.one('password'))
  const state = await context.storageState()
  const all = await screensOf(page, url, words.has('record') ? words.one('record') : undefined)
  const screens = words.has('screen') ? all.filter((screen) => words.all('screen').includes(screen.name)) : all
  const problems = (await Promise.all(looks.map((look) => scanLook(browser, state, screens, look)))).flat()
  answer({ routes: screens.length, looks: looks.length, problems })
})

async function scanLook(browser, state, screens, look) {
  const problems = []
  const inside = await openPage(browser, { ...look, state })
  const outside = await openPage(browser, look)
  for (const screen of screens) {
    const { page, faults, violations } = screen.isOpen ? outside : inside
    const say = (width, what) => problems.push(`${screen.name} ${look.language} ${look.theme} ${width}: ${what}`)
    faults.length = 0
    try {
      await page.setViewportSize({ width: widths[0], height })
      await openScreen(page, url, screen)
      // Themes differ in colours alone: sizes are measured in the light one.
      for (const width of look.theme === 'dark' ? widths.slice(0, 1) : widths) {
        await page.setViewportSize({ width, height })
        await settle(page)
        await lookAt(page, look, width, say)
      }
      // Text twice as large, as a person chose it on this machine, at the width of an office screen.
      await page.setViewportSize({ width: widths[0], height })
      await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'))
      await settle(page)
      if (look.theme === 'light') for (const found of await tooWide(page)) say('200 %', found)
    } catch (error) {
      say('', `cannot be shown: ${String(error).slice(0, 400)}`)
    }
    for (const found of [...(await violations()), ...faults]) say('', found)
  }
  await Promise.all([inside.context.close(), outside.context.close()])
  return problems
}

/** Axe on the widest page in every look, and once on the narrowest, because cards and menus are other elements. */
async function lookAt(page, look, width, say) {
  const isAsked = width === widths[0] || (width === widths.at(-1) && look.language === 'zh-CN')
  const { violations } = !isAsked ? { violations: [] } : await new AxeBuilder({ page }).setLegacyMode(true).analyze()
  for (const rule of violations) for (const node of rule.nodes) say(width, `${rule.id}: ${node.target.join(' ')} — ${node.failureSummary.replaceAll('\n', ' ').slice(0, 240)}`)
  if (look.theme === 'dark') return
  for (const found of await smallTargets(page)) say(width, `target ${found}`)
  for (const found of await tooWide(page)) say(width, found)
  if (width === widths[0]) for (const found of await page.evaluate(wrongTexts, { features, isEnglish: look.language === 'en' })) say(width, found)
}

/** The page must not scroll sideways; a frame that scrolls for itself may, and says so by its own scroll bar. */
function tooWide(page) {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.scrollingElement
    if (scrollWidth <= clientWidth) return []
    const scrolls = (element) => {
      for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) if (getComputedStyle(at).overflowX !== 'visible') return true
      return false
    }
    const wide = [...document.querySelectorAll('.q-page *, .q-header *')].filter((element) => element.getBoundingClientRect().right > clientWidth + 1 && !scrolls(element))
    const name = (element) => element.dataset.testid ?? `${element.tagName.toLowerCase()}.${[...element.classList].join('.')} “${element.textContent.slice(0, 40)}”`
    return [`scrolls sideways: ${scrollWidth} > ${clientWidth} because of ${wide.slice(0, 4).map(name).join(', ')}`]
  })
}

/** Runs in the page: texts that are keys, and Chinese on an English page outside what is data. */
function wrongTexts({ features, isEnglish }) {
  const key = new RegExp(`(^|\\s)(${features.join('|')})\\.[a-z]\\w*(\\.\\w+)*`)
  const han = /\p{Script=Han}/u
  const isData = (element) => element.closest('[data-raw], [lang="zh-CN"]:not(html)') !== null
  const name = (element) => element.closest('[data-testid]')?.dataset.testid ?? element.tagName.toLowerCase()
  const wrong = []
  const judge = (text, element, mayHoldNames) => {
    if (!text || isData(element)) return
    if (key.test(text)) wrong.push(`a key instead of a text: “${text.trim()}”`)
    // A spoken name may hold the name of a rack, and no element to mark it with; a sentence has English words around it.
    if (isEnglish && han.test(text) && !(mayHoldNames && /[A-Za-z]{2}/.test(text))) wrong.push(`Chinese on an English page: “${text.trim().slice(0, 60)}” in ${name(element)}`)
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) judge(node.data, node.parentElement, false)
  for (const element of document.body.querySelectorAll('[aria-label], [title], [alt], [placeholder]')) {
    for (const attribute of ['aria-label', 'title', 'alt', 'placeholder']) judge(element.getAttribute(attribute), element, true)
  }
  return [...new Set(wrong)]
}
