import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { Backend } from '@/backend'
import { BackendError } from '@/backend/error'
import { createFakeBackend, fakePassphrase } from '@/backend/fake'

import { type OpenApp, openApp, settle } from './openApp'

let app: OpenApp
beforeEach(() => localStorage.clear())
afterEach(() => app.close())

async function unlock(): Promise<void> {
  await app.by('passphrase').setValue(fakePassphrase)
  await app.page.find('form').trigger('submit')
  await settle()
}

describe('the app', () => {
  it('opens a fresh tablet at its enrolment', async () => {
    app = await openApp(createFakeBackend({ session: 'fresh' }))
    expect(app.at()).toMatch(/^\/enrol/)
    expect(app.by('nav').exists(), 'no way into the work').toBe(false)
  })

  it('opens a locked tablet at its lock screen, and today’s work behind it', async () => {
    app = await openApp(createFakeBackend({ session: 'locked' }))
    expect(app.at()).toMatch(/^\/unlock/)
    await unlock()
    expect(app.at()).toBe('/today')
    expect(app.by('sync-badge').attributes('data-state'), 'two records wait').toBe('waiting')
  })

  it('goes on where the person was when the program ended', async () => {
    const backend = createFakeBackend({ session: 'unlocked' })
    app = await openApp(backend)
    await app.go('/records')
    app.close()
    await backend.lock()
    app = await openApp(backend)
    await unlock()
    expect(app.at()).toBe('/records')
  })

  it('goes to the page that the lock screen turned away', async () => {
    app = await openApp(createFakeBackend({ session: 'locked' }))
    await app.go('/outbox')
    expect(app.at()).toBe('/unlock?to=/outbox')
    await unlock()
    expect(app.at()).toBe('/outbox')
  })

  it('locks from any page', async () => {
    app = await openApp(createFakeBackend(), '/outbox')
    await app.by('lock').trigger('click')
    await settle()
    expect(app.at()).toMatch(/^\/unlock/)
    await app.go('/today')
    expect(app.at(), 'and stays locked').toMatch(/^\/unlock/)
  })

  it('shows what is wrong when the session cannot be read, and recovers', async () => {
    const fault = new BackendError('in_use', { zh: '数据目录被占用', en: 'The folder is in use' }, [], true)
    app = await openApp(createFakeBackend({ session: 'locked', fails: { session: fault } }))
    expect(app.page.text()).toContain('数据目录被占用')
  })

  it('switches language and theme through the settings, for every page', async () => {
    app = await openApp(createFakeBackend(), '/settings')
    await app.by('language-en').find('input').setValue(true)
    await app.by('theme-dark').find('input').setValue(true)
    await flushPromises()
    expect(document.documentElement.lang).toBe('en')
    expect(document.body.classList.contains('body--dark')).toBe(true)
    expect(app.by('title').text()).toBe('Settings')
    await app.go('/outbox')
    expect(app.by('title').text()).toBe('To sync')
    expect(localStorage.getItem('xunjian.language')).toBe('en')
  })

  it('never shows a green badge while a record lacks its receipt', async () => {
    app = await openApp(createFakeBackend(), '/outbox')
    expect(app.by('sync-badge').classes()).not.toContain('mark-normal')
    await app.by('sync').trigger('click')
    await settle()
    expect(app.by('sync-badge').attributes('data-state')).toBe('clear')
  })

  it('stays red above a record that was set aside, even when nothing else waits', async () => {
    const fake = createFakeBackend()
    await fake.sync(() => undefined).done
    const status = await fake.status()
    const aside = { ...status, records: { ...status.records, quarantined: 1 } }
    app = await openApp(Object.assign(Object.create(fake) as Backend, { status: async () => aside }), '/outbox')
    expect(app.by('sync-badge').attributes('data-state')).toBe('failed')
  })
})
