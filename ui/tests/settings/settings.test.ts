import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'

import { createFakeBackend, fakePassphrase } from '@/backend/fake'
import type { Backend } from '@/backend'
import SettingsPage from '@/settings/SettingsPage.vue'
import { useSession } from '@/session/store'

import { mountAppPage } from '../mountPage'

type Page = Awaited<ReturnType<typeof mountAppPage>>
const by = (page: Page, id: string) => page.find(`[data-testid="${id}"]`)

async function open(backend: Backend): Promise<Page> {
  // The shell reads the session before any page shows; a page alone has to wait for it likewise.
  const page = await mountAppPage({ components: { SettingsPage }, setup: () => ({ session: useSession(), read: useSession().read() }), template: '<settings-page v-if="session.view" />' }, { backend })
  await flushPromises()
  return page
}

describe('the settings', () => {
  beforeEach(() => localStorage.clear())

  it('keep the size of text on this machine', async () => {
    const page = await open(createFakeBackend())
    await by(page, 'text-size-150').find('input').setValue(true)
    await flushPromises()
    expect(localStorage.getItem('xunjian.textSize')).toBe('150')
  })

  it('show keys, root and storage of an unlocked tablet', async () => {
    const fake = createFakeBackend()
    const status = { ...(await fake.status()), terminal_key_approved: false, root_pinned: false, missing_photos: ['ab'.repeat(32)] }
    const page = await open(Object.assign(Object.create(fake) as Backend, { status: async () => status }))
    expect(by(page, 'settings-keys').text()).toContain('待站点根签发')
    expect(by(page, 'root-pinned').attributes('data-pinned')).toBe('false')
    expect(by(page, 'missing-photos').text()).toContain('1 张照片')
    expect(by(page, 'app-version').text()).toContain('0.0.0-fake')
  })

  it('say what synchronisation may do, and keep it', async () => {
    const fake = createFakeBackend()
    const page = await open(fake)
    expect((by(page, 'sync-mobile-records_only').find('input').element as HTMLInputElement).checked).toBe(true)
    await by(page, 'sync-mobile-nothing').find('input').setValue(true)
    await by(page, 'sync-limit-512000').find('input').setValue(true)
    await by(page, 'sync-automatic-off').find('input').setValue(true)
    await flushPromises()
    expect(await fake.syncPolicy()).toEqual({ is_automatic: false, mobile: 'nothing', upload_limit: 512_000 })
    await by(page, 'sync-limit-0').find('input').setValue(true)
    await flushPromises()
    expect((await fake.syncPolicy()).upload_limit).toBeNull()
  })

  it('make room only after asking, and say how much it was', async () => {
    const page = await open(createFakeBackend())
    expect(by(page, 'releasable').text()).toContain('132 张')
    await by(page, 'release').trigger('click')
    expect(by(page, 'released').exists()).toBe(false)
    await by(page, 'release-yes').trigger('click')
    await flushPromises()
    expect(by(page, 'released').text()).toContain('已释放 132 张照片，腾出 396.0 MB')
    expect(by(page, 'release').exists()).toBe(false)
  })

  it('show a locked tablet only what belongs to nobody', async () => {
    const page = await open(createFakeBackend({ session: 'locked' }))
    expect(by(page, 'settings-locked').exists()).toBe(true)
    expect(by(page, 'settings-keys').exists()).toBe(false)
    expect(by(page, 'theme-dark').exists()).toBe(true)
    expect(by(page, 'app-version').exists()).toBe(true)
  })

  it('change the passphrase only for whoever knows the old one', async () => {
    const fake = createFakeBackend()
    const page = await open(fake)
    await by(page, 'change-passphrase').trigger('click')
    await by(page, 'passphrase-old').setValue('not the old one at all')
    await by(page, 'passphrase').setValue('换了一句新的足够长的口令')
    await by(page, 'passphrase-again').setValue('换了一句新的足够长的口令')
    await by(page, 'settings-access').find('form').trigger('submit')
    await flushPromises()
    expect(by(page, 'settings-access').text()).toContain('口令不正确')
    await by(page, 'passphrase-old').setValue(fakePassphrase)
    await by(page, 'settings-access').find('form').trigger('submit')
    await flushPromises()
    expect(by(page, 'passphrase-changed').exists()).toBe(true)
    await expect(fake.unlock('someone', fakePassphrase)).rejects.toThrow()
  })
})
