import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { Backend } from '@/backend'
import { BackendError } from '@/backend/error'
import { createFakeBackend } from '@/backend/fake'
import rackVisit from '@/backend/fake/visit-rack.json'
import LookUpPage from '@/scan/LookUpPage.vue'
import VisitScanPage from '@/scan/VisitScanPage.vue'

import { mountAppPage } from '../mountPage'

const visit = rackVisit.id
const asset = rackVisit.lines.find((line) => line.subject.ledger)?.subject.id ?? ''

/** Keys as a scanner sends them while a Chinese input method is on: `key` says nothing. */
function scannerSends(text: string, target: EventTarget = document.body): void {
  const press = (code: string, shiftKey = false): void => {
    target.dispatchEvent(new KeyboardEvent('keydown', { code, key: 'Process', shiftKey, bubbles: true, cancelable: true }))
  }
  for (const character of text) press(/[0-9]/.test(character) ? `Digit${character}` : `Key${character.toUpperCase()}`, /[A-Z]/.test(character))
  press('Enter')
}

describe('the scan pages', () => {
  let page: VueWrapper
  let backend: Backend

  beforeEach(() => {
    localStorage.clear()
    backend = createFakeBackend()
  })
  afterEach(() => page.unmount())

  const type = async (code: string): Promise<void> => {
    await page.get('[data-testid="code-input"]').setValue(code)
    await page.get('.other-code').trigger('submit')
    await flushPromises()
  }

  it('say what to do without a camera and keep the other ways', async () => {
    page = await mountAppPage(LookUpPage, { backend })
    expect(page.get('[data-testid="camera-state"]').text()).toContain('没有找到相机')
    expect(page.find('[data-testid="code-input"]').exists()).toBe(true)
    expect(page.find('[data-testid="picture-file"]').exists()).toBe(true)
  })

  it.each(['right', 'wrong_rack', 'wrong_room', 'unknown', 'revoked', 'repeated', 'forged', 'foreign', 'not_a_label'] as const)('say what to do next after %s', async (verdict) => {
    const report = await backend.scanLabel(visit, 'own', 'camera')
    const message = { zh: `结论 ${verdict}`, en: verdict }
    vi.spyOn(backend, 'scanLabel').mockResolvedValue({ ...report, scan: { ...report.scan, verdict }, message })
    page = await mountAppPage(VisitScanPage, { backend, props: { visit } })
    await type('b-0 1')
    const sheet = page.get('[data-testid="scan-result"]')
    expect(sheet.attributes('data-verdict')).toBe(verdict)
    expect(sheet.text()).toContain(`结论 ${verdict}`)
    const next = { right: '继续扫下一个', wrong_rack: '请回到要巡检的机柜', wrong_room: '请确认所在机房', unknown: '账外设备', revoked: '撕下旧标签', repeated: '请扫下一个', forged: '报告管理员', foreign: '本站点的标签', not_a_label: '请扫巡检标签' }
    expect(sheet.get('.scan-result-next').text(), 'the label of another rack is about where one stands').toContain(next[verdict])
  })

  it('tell an asset of another rack from the label of another rack', async () => {
    const report = await backend.scanLabel(visit, `asset:${asset}`, 'camera')
    expect(report.subject?.kind).not.toBe('rack')
    vi.spyOn(backend, 'scanLabel').mockResolvedValue({ ...report, scan: { ...report.scan, verdict: 'wrong_rack' } })
    page = await mountAppPage(VisitScanPage, { backend, props: { visit } })
    await type('b-0 1')
    expect(page.get('.scan-result-next').text()).toContain('机柜核对')
  })

  it('look a typed code up, and start the visit with the scan recorded in it', async () => {
    const started = vi.spyOn(backend, 'startVisit')
    const scanned = vi.spyOn(backend, 'scanLabel')
    page = await mountAppPage(LookUpPage, { backend })
    await type('b-0 1')
    expect(page.get('[data-testid="scan-result"]').attributes('data-verdict')).toBe('right')
    expect(started, 'nothing starts by itself').not.toHaveBeenCalled()
    const go = page.get(`[data-testid="start-${visit}"]`)
    expect(document.activeElement, 'the only visit is one Enter away').toBe(go.element)
    await go.trigger('click')
    await flushPromises()
    expect(started).toHaveBeenCalledWith(visit)
    expect(scanned).toHaveBeenCalledWith(visit, 'B01', 'typed')
  })

  it('keep a refused code in its field and say why', async () => {
    backend = createFakeBackend({ fails: { lookUp: new BackendError('input', { zh: '校验位不对', en: 'Check characters' }) } })
    page = await mountAppPage(LookUpPage, { backend })
    await type('7K3M9QTX4G')
    expect(page.get('[data-testid="fault"]').text()).toContain('校验位不对')
    expect((page.get('[data-testid="code-input"]').element as HTMLInputElement).value).toBe('7K3M9QTX4G')
  })

  it('take a scanner that types with an input method on, and leave the focused field as it was', async () => {
    const looked = vi.spyOn(backend, 'lookUp')
    page = await mountAppPage(LookUpPage, { backend })
    const field = page.get('[data-testid="code-input"]')
    await field.setValue('7K')
    scannerSends('7K3M9QTX4F', field.element)
    await flushPromises()
    expect(looked).toHaveBeenCalledWith('7K3M9QTX4F')
    expect((field.element as HTMLInputElement).value).toBe('7K')
  })

  it('count what was scanned in the rack and list what is left', async () => {
    page = await mountAppPage(VisitScanPage, { backend, props: { visit } })
    expect(page.get('[data-testid="scan-count"]').text()).toBe('已扫 0 / 7')
    await backend.scanLabel(visit, `asset:${asset}`, 'camera')
    await type('zzz')
    expect(page.get('[data-testid="scan-count"]').text()).toBe('已扫 1 / 7')
    expect(page.findAll('[data-testid="scan-left"] li')).toHaveLength(6)
  })

  it('keep the last five scans, newest first', async () => {
    page = await mountAppPage(VisitScanPage, { backend, props: { visit } })
    for (const code of ['aa', 'bb', 'cc', 'dd', 'ee', 'ff']) await type(code)
    const last = page.findAll('[data-testid="last-scans"] li').map((row) => row.text())
    expect(last).toHaveLength(5)
    expect(last[0]).toContain('FF')
    expect(last.join()).not.toContain('AA')
  })

  it('say so when a picture holds no code', async () => {
    vi.spyOn(backend, 'readPicture').mockResolvedValue([])
    page = await mountAppPage(LookUpPage, { backend })
    const input = page.get('[data-testid="picture-file"]')
    Object.defineProperty(input.element, 'files', { value: [new File([new Uint8Array([1])], 'a.jpg')] })
    await input.trigger('change')
    await flushPromises()
    expect(page.get('[data-testid="none-in-picture"]').text()).toContain('没有读到二维码')
  })
})
