// No page says anything in Chinese to someone who reads English. Names, notes and printed sentences are data: elements that
// show them carry `data-raw` (or `lang="zh-CN"`), and are left out here.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createFakeBackend, fakePassphrase } from '@/backend/fake'
import { routes } from '@/routes'

import cluster from '@/backend/fake/visit-cluster.json'
import rack from '@/backend/fake/visit-rack.json'
import recordFile from '@/backend/fake/record.json'
import records from '@/backend/fake/records.json'
import status from '@/backend/fake/status.json'
import system from '@/backend/fake/visit-system.json'
import today from '@/backend/fake/today.json'
import room from '@/backend/fake/visit-room.json'
import { type OpenApp, openApp, settle } from './openApp'

const record = '511fbc2f7a8b74a89d32073567c81e37d05423760c3e32606ff5d445d724591b'
const han = /\p{Script=Han}/u
const isData = (element: Element): boolean => element.closest('[data-raw], [lang="zh-CN"], [hidden]') !== null

/** What a person or a screen reader meets in Chinese below `root`, outside data. */
function chineseIn(root: Element): string[] {
  const found: string[] = []
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent?.trim() ?? ''
    if (han.test(text) && node.parentElement && !isData(node.parentElement)) found.push(text)
  }
  for (const element of root.querySelectorAll('[aria-label], [placeholder], [title], [alt]')) {
    if (isData(element)) continue
    for (const name of ['aria-label', 'placeholder', 'title', 'alt']) {
      const text = element.getAttribute(name) ?? ''
      if (han.test(text)) found.push(`${name}: ${text}`)
    }
  }
  return found
}

/** Every string of the fake's answers that is said in one language only: names, titles, printed sentences. */
function dataOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  if ('zh' in value && 'en' in value) return []
  return Object.values(value).flatMap(dataOf)
}
const data = dataOf([room, rack, cluster, system, today, records, recordFile, status]).join('\n')
const isKnownData = (text: string): boolean => (text.match(/[\p{Script=Han}（）、·]+/gu) ?? []).every((run) => data.includes(run.replace(/^[（）、·]+|[（）、·]+$/g, '')))

/** Pages that mark all their data; on the others a text also passes when the fake's answers hold it. */
const strict = new Set(['enrol', 'unlock', 'outbox', 'seal', 'records', 'record', 'settings'])

/** The lock button names the person in its label: a name, not a sentence. */
const named = (text: string): boolean => !text.startsWith('aria-label: Lock')

let app: OpenApp

/** One address for each named route. */
const addresses = (): string[] =>
  routes
    .filter((route) => route.name !== undefined)
    .map((route) => app.routes.resolve({ name: route.name, params: { visit: room.id, line: '1', sha256: 'c9bed8b08a5f3de7d13cb0958db7f70e2672889d2078077b12a31358622547b8', record, finding: '' } }).fullPath)

describe('the pages in English', () => {
  beforeAll(async () => {
    localStorage.setItem('xunjian.language', 'en')
    app = await openApp(createFakeBackend())
  })
  afterAll(() => {
    app.close()
    localStorage.clear()
  })

  it.each(routes.filter((route) => route.name !== undefined).map((route) => String(route.name)))('%s says nothing in Chinese', async (name) => {
    const address = addresses().find((one) => app.routes.resolve(one).name === name)
    expect(address, 'the route has an address').toBeDefined()
    await app.go(address ?? '/')
    await settle()
    const found = chineseIn(document.body).filter(named)
    expect(strict.has(name) ? found : found.filter((text) => !isKnownData(text))).toEqual([])
  })

  it('stays so with a lock screen and a wrong passphrase', async () => {
    app.close()
    app = await openApp(createFakeBackend({ session: 'locked' }))
    await app.by('passphrase').setValue(`${fakePassphrase} no`)
    await app.page.find('form').trigger('submit')
    await settle()
    expect(app.page.text()).toContain('The passphrase is wrong')
    expect(chineseIn(document.body).filter(named)).toEqual([])
  })
})
