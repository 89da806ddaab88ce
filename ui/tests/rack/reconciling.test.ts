import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { Backend } from '@/backend'
import { createFakeBackend } from '@/backend/fake'
import rackVisit from '@/backend/fake/visit-rack.json'
import type { AssetDetail, RackView } from '@/gen'
import RackPage from '@/rack/RackPage.vue'
import LookUpPage from '@/scan/LookUpPage.vue'

import { mountAppPage } from '../mountPage'

const visit = rackVisit.id
const ledger = rackVisit.lines.flatMap((line) => (line.subject.ledger ? [line.subject.ledger] : []))
const first = ledger[0] as (typeof ledger)[number]
const photo = 'ab'.repeat(32)

describe('reconciling a rack', () => {
  let page: VueWrapper
  let backend: Backend

  beforeEach(() => {
    localStorage.clear()
    backend = createFakeBackend()
  })
  afterEach(() => {
    page.unmount()
    vi.useRealTimers()
  })

  const open = async (): Promise<void> => {
    page = await mountAppPage(RackPage, { backend, props: { visit } })
  }
  const press = async (id: string): Promise<void> => {
    await page.get(`[data-testid="${id}"]`).trigger('click')
    await flushPromises()
  }
  const has = (id: string): boolean => page.find(`[data-testid="${id}"]`).exists()
  const search = async (text: string): Promise<void> => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await page.get('[data-testid="search-text"]').setValue(text)
    await vi.advanceTimersByTimeAsync(250)
    vi.useRealTimers()
    await flushPromises()
  }
  /** The engine's answer with this said of the first asset. */
  const withDetail = (detail: Partial<AssetDetail>): void => {
    const usual = backend.rack
    backend.rack = async (id) => {
      const view: RackView = await usual(id)
      return { ...view, details: view.details.map((one, at) => (at === 0 ? { ...one, ...detail } : one)) }
    }
  }

  it('ties the photos of an unknown asset to its sighting, and asks for one or for a reason', async () => {
    const sighted = vi.spyOn(backend, 'sight')
    await open()
    await press('add-unknown')
    await page.get('[data-testid="unknown-brand"]').setValue('某牌')
    await page.get('.unknown-form').trigger('submit')
    expect(page.get('[data-testid="unknown-refusal"]').text()).toContain('拍一张照片')
    expect(sighted).not.toHaveBeenCalled()
    page.unmount()

    await backend.keepScratch(`sight:${visit}:new:photos`, JSON.stringify([photo]))
    await open()
    await press('add-unknown')
    await flushPromises()
    await page.get('.unknown-form').trigger('submit')
    await flushPromises()
    expect(sighted.mock.calls[0]?.[1]).toMatchObject({ asset: 'not_in_ledger', brand: '某牌', photos: [photo], note: '' })
    expect(await backend.scratch(`sight:${visit}:new:photos`)).toBeNull()
  })

  it('changes an unknown asset under its number, and takes it back after asking once', async () => {
    await backend.sight(visit, { asset: 'not_in_ledger', as_in_ledger: false, span: null, face: null, brand: '某牌', model: null, serial: null, quantity: null, owning_unit: null, order_no: null, note: '', photos: [photo] })
    const sighted = vi.spyOn(backend, 'sight')
    const removed = vi.spyOn(backend, 'unsight')
    await open()
    await press('asset-unknown-1')
    await press('unknown-edit')
    expect((page.get('[data-testid="unknown-brand"]').element as HTMLInputElement).value).toBe('某牌')
    await page.get('[data-testid="unknown-model"]').setValue('M1')
    await page.get('.unknown-form').trigger('submit')
    await flushPromises()
    expect(sighted.mock.calls[0]?.[1]).toMatchObject({ asset: { noted: 1 }, model: 'M1', photos: [photo] })
    expect(page.findAll('[data-testid^="asset-unknown-"]')).toHaveLength(1)

    await press('asset-unknown-1')
    await press('take-back')
    expect(removed).not.toHaveBeenCalled()
    expect(page.get('[data-testid="take-back-ask"]').text()).toContain('1 张照片')
    await press('take-back-yes')
    expect(removed).toHaveBeenCalledWith(visit, 1)
    expect(has('asset-unknown-1')).toBe(false)
    expect(has('asset-sheet')).toBe(false)
  })

  it('shows ledger, rack and order side by side, and the other side of a move', async () => {
    withDetail({
      whereabouts: 'moved',
      differences: [
        { field: 'units', ledger: '3-4', seen: '20-21', ordered: null },
        { field: 'owning_unit', ledger: '市公安局', seen: null, ordered: '市水务局' },
        { field: 'order', ledger: 'DD-1', seen: null, ordered: '' },
      ],
      others: [{ rack: 'b01', rack_name: '二号机房 · B01', standing: 'seen_elsewhere', person_name: '王巡检', is_sealed: false }],
    })
    await open()
    await press(`asset-${first.id}`)
    expect(page.get('[data-testid="difference-units"]').text()).toMatch(/台账\s*U3-4\s*实际\s*U20-21/)
    expect(page.get('[data-testid="difference-owning_unit"]').text()).toMatch(/台账\s*市公安局\s*订单\s*市水务局/)
    expect(page.get('[data-testid="difference-order"]').text()).toContain('没有这个订单')
    expect(page.get('[data-testid="others"]').text()).toMatch(/移位.*二号机房 · B01.*王巡检/)
  })

  it('finds an asset of the rack by a part of its serial and opens it', async () => {
    await open()
    await search(first.serial.slice(0, 1))
    expect(has('search-hits'), 'one character is too little').toBe(false)
    await search(first.serial.slice(1, 6))
    await press(`found-${first.id}`)
    expect(page.get('[data-testid="asset-sheet"]').text()).toContain(first.serial)
  })

  it('notes an asset of another rack that was found by its name as standing here', async () => {
    const stray = { ...first, id: 'stray', rack: 'elsewhere', serial: 'STRAY-77' }
    backend.searchAssets = async () => ({ hits: [{ asset: stray, rack_name: '二号机房 · B01', visits: [] }], next: null } as never)
    const sighted = vi.spyOn(backend, 'sight')
    await open()
    await search('STRAY')
    expect(page.get('[data-testid="hit-stray"]').text()).toContain('二号机房 · B01')
    await press('found-stray')
    expect(sighted.mock.calls[0]?.[1]).toMatchObject({ asset: { ledger: 'stray' }, as_in_ledger: false })
  })

  it('leads from a found asset to the visit of its rack, without a scan', async () => {
    const started = vi.spyOn(backend, 'startVisit')
    const scanned = vi.spyOn(backend, 'scanLabel')
    page = await mountAppPage(LookUpPage, { backend })
    await search(first.serial.slice(1, 6))
    await press(`hit-visit-${visit}`)
    expect(started).toHaveBeenCalledWith(visit)
    expect(scanned).not.toHaveBeenCalled()
  })
})
