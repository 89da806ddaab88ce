import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { Backend } from '@/backend'
import { BackendError } from '@/backend/error'
import { createFakeBackend } from '@/backend/fake'
import rackVisit from '@/backend/fake/visit-rack.json'
import RackPage from '@/rack/RackPage.vue'

import { mountAppPage } from '../mountPage'

const visit = rackVisit.id
const [first, second] = [...new Set(rackVisit.lines.flatMap((line) => (line.subject.ledger ? [line.subject.id] : [])))] as [string, string]

describe('the rack page', () => {
  let page: VueWrapper
  let backend: Backend

  beforeEach(() => {
    localStorage.clear()
    backend = createFakeBackend()
  })
  afterEach(() => page.unmount())

  const open = async (): Promise<void> => {
    page = await mountAppPage(RackPage, { backend, props: { visit } })
  }
  const press = async (id: string): Promise<void> => {
    await page.get(`[data-testid="${id}"]`).trigger('click')
    await flushPromises()
  }

  it('settles an asset in two presses', async () => {
    await open()
    expect(page.get('[data-testid="rack-count"]').text()).toBe('已核 0 / 7')
    await press(`rack-item-${first}`)
    await press('as-in-ledger')
    expect(page.get('[data-testid="rack-count"]').text()).toBe('已核 1 / 7')
    expect(page.find('[data-testid="asset-sheet"]').exists()).toBe(false)
    expect(page.get(`[data-testid="group-done"]`).text()).toContain('一致 1 台')
  })

  it('walks the rack by arrow keys and opens an asset by Enter', async () => {
    await open()
    const stop = (): string => page.get('[role="option"][tabindex="0"]').attributes('data-testid') ?? ''
    const top = stop()
    await page.get('[data-testid="rack-elevation"]').trigger('keydown', { key: 'ArrowDown' })
    expect(stop()).not.toBe(top)
    await page.get('[role="option"][tabindex="0"]').trigger('keydown', { key: 'Enter' })
    expect(page.find('[data-testid="asset-sheet"]').exists()).toBe(true)
  })

  it('marks the field that differs and sends nothing else', async () => {
    const sighted = vi.spyOn(backend, 'sight')
    await open()
    await press(`asset-${first}`)
    await press('differs-identity')
    expect(page.find('[data-testid="sight-serial-changed"]').exists()).toBe(false)
    await page.get('[data-testid="sight-serial"]').setValue('OTHER123')
    expect(page.find('[data-testid="sight-serial-changed"]').exists()).toBe(true)
    await page.get('.difference-form').trigger('submit')
    await flushPromises()
    expect(sighted.mock.calls[0]?.[1]).toMatchObject({ asset: { ledger: first }, serial: 'OTHER123', brand: null, model: null })
    expect(await backend.scratch(`sight:${visit}:${first}`), 'what is stored leaves no draft').toBeNull()
  })

  it('keeps what is being typed over a kill', async () => {
    await open()
    await press(`asset-${first}`)
    await press('differs-identity')
    await page.get('[data-testid="sight-model"]').setValue('MM9999')
    await flushPromises()
    page.unmount()
    await open()
    await press(`asset-${first}`)
    expect((page.get('[data-testid="sight-model"]').element as HTMLInputElement).value).toBe('MM9999')
  })

  it('keeps sheet and text when the engine refuses', async () => {
    vi.spyOn(backend, 'sight').mockRejectedValue(new BackendError('system', { zh: '磁盘已满', en: 'Disk full' }))
    await open()
    await press(`asset-${first}`)
    await press('differs-owner')
    await page.get('[data-testid="sight-owner"]').setValue('别的单位')
    await page.get('.difference-form').trigger('submit')
    await flushPromises()
    expect(page.get('[data-testid="fault"]').text()).toContain('磁盘已满')
    expect((page.get('[data-testid="sight-owner"]').element as HTMLInputElement).value).toBe('别的单位')
  })

  it('lists what was not found and asks before it calls anything missing', async () => {
    const closed = vi.spyOn(backend, 'closeRack')
    await backend.scanLabel(visit, `asset:${first}`, 'camera')
    await backend.scanLabel(visit, `asset:${second}`, 'camera')
    await open()
    expect(page.get('[data-testid="finish-rack"]').text()).toContain('已扫 2 台均与台账一致')
    await press('finish-rack')
    expect(closed).not.toHaveBeenCalled()
    expect(page.get('[data-testid="close-ask"]').text()).toContain('5 台没找到')
    await press('close-later')
    expect(closed, '留作未核 does not close').not.toHaveBeenCalled()
    expect(page.get('[data-testid="rack-count"]').text()).toBe('已核 2 / 7')
    await press('finish-rack')
    await press('close-missing')
    expect(closed).toHaveBeenCalledWith(visit, true)
    expect(page.get('[data-testid="group-differs"]').text()).toContain('缺失')
    await press('reopen-rack')
    expect(page.get('[data-testid="group-todo"]').text()).not.toContain('缺失')
  })

  it('adds an asset that the ledger does not have, and asks for at least one legible word', async () => {
    await open()
    await press('add-unknown')
    await page.get('.unknown-form').trigger('submit')
    expect(page.get('[data-testid="unknown-refusal"]').text()).toContain('至少')
    await page.get('[data-testid="unknown-brand"]').setValue('某牌')
    await page.get('[data-testid="unknown-note"]').setValue('镜头坏了，无法拍照')
    await page.get('[data-testid="unknown-low"]').setValue('30')
    await page.get('.unknown-form').trigger('submit')
    await flushPromises()
    expect(page.get('[data-testid="group-differs"]').text()).toContain('账外')
  })
})
