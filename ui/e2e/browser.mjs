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
  const context = await browser.newContext({ viewport: { width, height }, locale: language, colorScheme: theme, storageState: state })
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
    if (['error', 'warning'].includes(message.type())) faults.push(`${message.type()}: ${message.text()}`)
  })
  return { context, page, faults, violations: () => page.evaluate(() => window.xunjianViolations) }
}

/** Logs in by hand. */
export async function logIn(page, url, name, password) {
  await page.goto(`${url}/console/`)
  await page.getByTestId('login-name').fill(name)
  await page.getByTestId('login-password').fill(password)
  await page.getByTestId('login-submit').click()
  await page.getByTestId('console-nav').waitFor()
}

/** The same scan of touch targets that the window's tests run. */
export const smallTargets = readFileSync(fileURLToPath(new URL('../../tests/src/window/small_targets.js', import.meta.url)), 'utf8')

export function answer(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
