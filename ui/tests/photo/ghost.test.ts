import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { Backend } from '@/backend'
import { createFakeBackend } from '@/backend/fake'
import { openPhoto } from '@/backend/fake/openProblems'
import rackVisit from '@/backend/fake/visit-rack.json'
import CameraPage from '@/photo/CameraPage.vue'
import * as still from '@/photo/still'

import { mountAppPage } from '../mountPage'

const visit = rackVisit.id

describe('the camera with the photo before', () => {
  let page: VueWrapper
  let backend: Backend

  beforeEach(async () => {
    backend = createFakeBackend({ hasOpenProblems: true })
    await backend.startVisit(visit)
    vi.stubGlobal('navigator', Object.assign(navigator, { mediaDevices: { getUserMedia: async () => new MediaStream([{ addEventListener() {}, stop() {}, getSettings: () => ({}) } as unknown as MediaStreamTrack]), enumerateDevices: async () => [] } }))
    vi.stubGlobal('MediaStream', class { constructor(private readonly tracks: MediaStreamTrack[] = []) {} getVideoTracks() { return this.tracks } getTracks() { return this.tracks } })
    vi.spyOn(HTMLMediaElement.prototype, 'play').mockResolvedValue()
    Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', { configurable: true, writable: true, value: null })
    vi.spyOn(still, 'takeStill').mockResolvedValue(new Blob([new Uint8Array([7, 7, 7])], { type: 'image/jpeg' }))
  })
  afterEach(() => {
    page.unmount()
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  })

  const open = async (before: string): Promise<void> => {
    page = await mountAppPage(CameraPage, { backend, at: `/visits/${visit}/photo?keep=k&before=${before}`, props: { visit } })
    await flushPromises()
  }
  const press = async (id: string): Promise<void> => {
    await page.get(`[data-testid="${id}"]`).trigger('click')
    await flushPromises()
  }
  const opacity = (): string => (page.get('[data-testid="ghost"]').element as HTMLElement).style.opacity

  it('lays it half transparent over the picture; buttons and slider change it, and it can be switched off', async () => {
    await open(openPhoto)
    expect(opacity()).toBe('0.5')
    await press('ghost-denser')
    expect(opacity()).toBe('0.6')
    await page.get('[data-testid="ghost-opacity"]').setValue('20')
    expect(opacity()).toBe('0.2')
    await press('ghost-lighter')
    await press('ghost-lighter')
    expect(opacity(), 'never invisible without the switch').toBe('0.1')
    await press('ghost-toggle')
    expect((page.get('[data-testid="ghost"]').element as HTMLElement).style.display).toBe('none')
    expect(page.get('[data-testid="ghost-toggle"]').attributes('aria-pressed')).toBe('false')
  })

  it('stores the photo with the one that it answers', async () => {
    const attached = vi.spyOn(backend, 'attachPhoto')
    await open(openPhoto)
    await press('shutter')
    expect(page.find('[data-testid="ghost-controls"]').exists(), 'the still is looked at without the ghost').toBe(false)
    await press('use-photo')
    // Hashing runs beside the page.
    await vi.waitFor(() => expect(page.find('[data-testid="photo-saved"]').exists()).toBe(true))
    expect(attached.mock.calls[0]?.[1]).toMatchObject({ line: null, after_of: openPhoto, capture: 'camera' })
    const [evidence] = (await backend.visit(visit)).evidence
    expect(evidence?.after_of).toBe(openPhoto)
    expect(await backend.scratch('k')).toContain(evidence?.sha256 ?? '-')
  })

  it('says plainly that another tablet has the photo before, and still takes one', async () => {
    await open('e'.repeat(64))
    expect(page.get('[data-testid="ghost-missing"]').text()).toContain('本机没有')
    expect(page.find('[data-testid="ghost-controls"]').exists()).toBe(false)
    await press('shutter')
    expect(page.find('[data-testid="use-photo"]').exists()).toBe(true)
  })

  it('is the plain camera without one', async () => {
    await open('')
    expect(page.find('[data-testid="ghost-controls"]').exists()).toBe(false)
  })
})
