// Debian's Chromium with the console open, for the stories that tests/tests/console.rs tells and for the pictures of the
// documentation. Everything that goes wrong inside a page is kept: errors, console complaints, broken policy.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { chromium } from 'playwright-core'

const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser']

/** What a script was told on its command line: `--name value`, repeated names become lists. */
export function told() {
  const found = {}
  const words = process.argv.slice(2)
  for (let at = 0; at < words.length; at += 2) {
    const name = words[at].replace(/^--/, '')
    ;(found[name] ??= []).push(words[at + 1])
  }
  const one = (name) => {
    if (!found[name]) throw new Error(`--${name} is missing`)
    return found[name][0]
  }
  return { one, all: (name) => found[name] ?? [], has: (name) => name in found }
}

export async function openBrowser() {
  const executablePath = programs.find((path) => {
    try {
      readFileSync(path)
      return true
    } catch {
      return false
    }
  })
  if (!executablePath) throw new Error('Chromium is missing: scripts/setup.sh test installs it')
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'] })
}

/** A page with a person's preferences, and the list of what went wrong in it. */
export async function openPage(browser, { language = 'zh-CN', theme = 'light', width = 1440, height = 900, state } = {}) {
  // Reduced motion: a page that still slides in is measured and photographed wrong.
  const context = await browser.newContext({ viewport: { width, height }, locale: language, colorScheme: theme, reducedMotion: 'reduce', storageState: state })
  await context.addInitScript(
    ([language, theme]) => {
      localStorage.setItem('xunjian.language', language)
      localStorage.setItem('xunjian.theme', theme)
      window.xunjianViolations = []
      document.addEventListener('securitypolicyviolation', (event) => window.xunjianViolations.push(`policy: ${event.violatedDirective} ${event.blockedURI}`))
    },
    [language, theme],
  )
  const page = await context.newPage()
  const faults = []
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('console', (message) => {
    // The page asks who is logged in; the answer "nobody" is written down by the browser and is no fault.
    const isNobody = message.text().includes('401') && message.location().url.endsWith('/console/api/session')
    if (['error', 'warning'].includes(message.type()) && !isNobody) faults.push(`${message.type()}: ${message.text()}`)
  })
  return { context, page, faults, violations: () => page.evaluate(() => window.xunjianViolations) }
}

/** Logs in by hand. */
export async function logIn(page, url, name, password) {
  await page.goto(`${url}/console/`)
  await page.getByTestId('login-name').fill(name)
  await page.getByTestId('login-password').fill(password)
  await page.getByTestId('login-submit').click()
  await page.getByTestId('nav').waitFor()
}

let loads = 0

/** Opens an address of the console as somebody does who was sent the link: the whole page anew, until nothing loads any more. */
export async function openLink(page, url, address) {
  // Another query, because a changed hash alone loads nothing.
  await page.goto(`${url}/console/?${++loads}#${address}`)
  await settle(page)
}

/** Until the page shows what it asked for, with its fonts and pictures, as it is painted. */
export async function settle(page) {
  await page.waitForFunction(() => document.querySelector('.q-page') && !document.querySelector('[aria-busy=true], [data-testid=loading]'))
  await page.evaluate(async () => {
    const frame = () => new Promise(requestAnimationFrame)
    // A list that has come may ask for more: two frames on, what it asks for is on its way, and says so.
    for (let quiet = 0; quiet < 2; ) {
      await frame()
      quiet = document.querySelector('[aria-busy=true], [data-testid=loading]') ? 0 : quiet + 1
    }
    const seen = [...document.images].filter((image) => image.loading !== 'lazy' || image.getBoundingClientRect().top < innerHeight)
    await Promise.all(seen.map((image) => image.decode().catch(() => undefined)))
    await document.fonts.ready
    await frame()
  })
}

/** The same scan of touch targets that the window's tests run. */
const smallTargetsSource = readFileSync(fileURLToPath(new URL('../../tests/src/window/small_targets.js', import.meta.url)), 'utf8')

/** Everything a person may press that a gloved finger would miss. */
export const smallTargets = (page) => page.evaluate(`(() => {${smallTargetsSource}\n})()`)

/** Runs a script with an open browser; whatever happens, the browser is closed and a failure is told in one line. */
export async function withBrowser(work) {
  const browser = await openBrowser()
  try {
    await work(browser)
  } catch (error) {
    process.stderr.write(`${error?.stack ?? error}\n`)
    process.exitCode = 1
  } finally {
    await browser.close()
  }
}

export function answer(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
