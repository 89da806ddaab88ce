import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { createFakeBackend, fakePassphrase } from '@/backend/fake'
import type { Backend } from '@/backend'

import { type OpenApp, openApp, settle } from '../app/openApp'

let app: OpenApp
let now = 0
beforeEach(() => {
  localStorage.clear()
  now = 1_000_000
  vi.spyOn(Date, 'now').mockImplementation(() => now)
})
afterEach(() => {
  app.close()
  vi.restoreAllMocks()
})

const minutes = (n: number) => n * 60_000

async function touch(): Promise<void> {
  window.dispatchEvent(new Event('pointerdown'))
  await settle()
}

describe('a tablet left alone', () => {
  it('locks itself, and comes back to the same place', async () => {
    app = await openApp(createFakeBackend(), '/outbox')
    now += minutes(14)
    await touch()
    expect(app.at(), 'a touch in time keeps it open').toBe('/outbox')
    now += minutes(15)
    await touch()
    expect(app.at()).toBe('/unlock?to=/outbox')
    await app.by('passphrase').setValue(fakePassphrase)
    await app.page.find('form').trigger('submit')
    await settle()
    expect(app.at()).toBe('/outbox')
  })

  it('locks after as many minutes as it is set to', async () => {
    app = await openApp(createFakeBackend(), '/settings')
    await app.by('auto-lock-1').find('input').setValue(true)
    await settle()
    now += minutes(1)
    await touch()
    expect(app.at()).toMatch(/^\/unlock/)
  })

  it('tells the shell of touches, but not of each', async () => {
    const fake = createFakeBackend()
    const touched = vi.fn(async () => undefined)
    app = await openApp(Object.assign(Object.create(fake) as Backend, { touched }), '/outbox')
    for (let n = 0; n < 30; n += 1) {
      now += 1_000
      await touch()
    }
    expect(touched.mock.calls.length).toBeGreaterThanOrEqual(3)
    expect(touched.mock.calls.length).toBeLessThanOrEqual(4)
  })
})
