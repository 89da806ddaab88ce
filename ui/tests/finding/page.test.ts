import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { Backend } from '@/backend'
import { BackendError } from '@/backend/error'
import { createFakeBackend } from '@/backend/fake'
import rackVisit from '@/backend/fake/visit-rack.json'
import FindingPage from '@/finding/FindingPage.vue'
import { keepPhoto } from '@/photo/keptPhotos'

import { mountAppPage } from '../mountPage'

const visit = rackVisit.id
const line = rackVisit.lines.find((one) => one.subject.ledger?.owning_unit) as (typeof rackVisit.lines)[number]

describe('the finding page', () => {
  let page: VueWrapper
  let backend: Backend

  beforeEach(() => {
    localStorage.clear()
    backend = createFakeBackend()
  })
  afterEach(() => page.unmount())

  const open = async (finding?: string): Promise<void> => {
    page = await mountAppPage(FindingPage, { backend, at: `/visits/${visit}/findings/${finding ?? ''}?line=${line.no}`, props: { visit, ...(finding ? { finding } : {}) } })
  }
  const press = async (id: string): Promise<void> => {
    await page.get(`[data-testid="${id}"]`).trigger('click')
    await flushPromises()
  }
  const fill = async (): Promise<void> => {
    await press('severity-major')
    await page.get('[data-testid="description"]').setValue('前门未上锁')
    await press('unit-0')
    await press('due-7')
  }
  const save = async (): Promise<void> => {
    await page.get('[data-testid="finding-form"]').trigger('submit')
    await flushPromises()
  }

  it('chooses nothing beforehand and says what is missing where it is missing', async () => {
    const reported = vi.spyOn(backend, 'reportFinding')
    await open()
    expect(page.findAll('[role="radio"][aria-checked="true"]')).toHaveLength(0)
    await save()
    expect(reported).not.toHaveBeenCalled()
    expect(page.get('[data-testid="finding-missing"]').text()).toContain('还差 4 处')
    expect(page.text()).toContain('请选择严重程度')
  })

  it('suggests the owner of what the line is about, and stores the finding with the photo that was taken for it', async () => {
    const reported = vi.spyOn(backend, 'reportFinding')
    const { evidence } = await backend.attachPhoto(visit, { line: line.no, file_name: 'a.jpg', capture: 'camera', caption: '', layer: null }, new Uint8Array([1, 2, 3]))
    await keepPhoto(backend, `finding:${visit}:${line.no}:photos`, evidence.sha256)
    await open()
    expect(page.get('[data-testid="unit-0"]').text()).toBe(line.subject.ledger?.owning_unit)
    await fill()
    await save()
    expect(reported.mock.calls[0]?.[1]).toMatchObject({ line: line.no, severity: 'major', description: '前门未上锁', responsible_unit: line.subject.ledger?.owning_unit, photos: [evidence.sha256] })
    expect(reported.mock.calls[0]?.[1].due_on).toMatch(/^\d{4}-\d\d-\d\d$/)
    expect(page.get('[data-testid="saved"]').text()).toContain('已存本机')
    expect(await backend.scratch(`finding:${visit}:${line.no}`), 'the draft is gone').toBeNull()
    expect(await backend.scratch(`finding:${visit}:${line.no}:photos`), 'the next finding starts without this photo').toBeNull()
  })

  it('shows the service desk for an outage and records who answered', async () => {
    const number = (await backend.today()).service_desk
    const reported = vi.spyOn(backend, 'reportFinding')
    await open()
    await press('severity-outage')
    expect(page.get('[data-testid="desk-call"]').text()).toContain('立即致电服务台')
    expect(page.get('[data-testid="desk-number"]').text()).toBe(number)
    await page.get('[data-testid="desk-callee"]').setValue('王工')
    await page.get('[data-testid="description"]').setValue('停机')
    await press('unit-0')
    await press('cannot-photo')
    await page.get('[data-testid="no-photo-reason"]').setValue('涉密区域')
    await save()
    expect(reported.mock.calls[0]?.[1]).toMatchObject({ severity: 'outage', desk_callee: '王工', due_on: null, no_photo: { reason: '涉密区域', confirmed_by: '' } })
  })

  it('runs the clock of an outage from the press that said so, and takes when the desk answered', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'], now: Date.parse('2026-11-22T10:40:00+08:00') })
    const reported = vi.spyOn(backend, 'reportFinding')
    await open()
    expect(page.find('[data-testid="finding-clock"]').exists()).toBe(false)
    await press('severity-outage')
    expect(page.get('[data-testid="finding-clock"]').text()).toContain('10:45')
    vi.advanceTimersByTime(2 * 60_000)
    await press('desk-now')
    await page.get('[data-testid="desk-callee"]').setValue('王工')
    vi.advanceTimersByTime(4 * 60_000)
    await flushPromises()
    expect(page.get('[data-testid="finding-clock"]').attributes('data-over'), 'nobody stored a call within five minutes').toBe('true')
    await page.get('[data-testid="description"]').setValue('停机')
    await press('unit-0')
    await press('cannot-photo')
    await page.get('[data-testid="no-photo-reason"]').setValue('涉密区域')
    await save()
    expect(reported.mock.calls[0]?.[1]).toMatchObject({ found_ago_ms: 360_000, called_ago_ms: 240_000 })
    const [finding] = (await backend.visit(visit)).findings
    expect(page.get('[data-testid="card-desk"] [data-testid="finding-clock"]').text(), 'feedback half an hour after the call').toContain('11:12')
    await page.get(`[data-testid="callee-${finding?.id}"]`).setValue('赵工')
    await page.get(`[data-testid="call-${finding?.id}"]`).trigger('submit')
    await flushPromises()
    expect((await backend.visit(visit)).findings[0]?.later_calls?.map((call) => call.callee)).toEqual(['赵工'])
    vi.useRealTimers()
  })

  it('fills a finding with one press on a preset', async () => {
    await open()
    await press('preset-0')
    const text = (page.get('[data-testid="description"]').element as HTMLTextAreaElement).value
    expect(text).not.toBe('')
    expect(page.get('[data-testid="severity-major"]').attributes('aria-checked')).toBe('true')
    expect((page.get('[data-testid="due-on"]').element as HTMLInputElement).value).toMatch(/^\d{4}-\d\d-\d\d$/)
  })

  it('keeps a half-written finding over a kill', async () => {
    await open()
    await press('severity-minor')
    await page.get('[data-testid="description"]').setValue('线缆杂')
    await flushPromises()
    page.unmount()
    await open()
    expect((page.get('[data-testid="description"]').element as HTMLTextAreaElement).value).toBe('线缆杂')
    expect(page.get('[data-testid="severity-minor"]').attributes('aria-checked')).toBe('true')
  })

  it('loses nothing when storing fails', async () => {
    vi.spyOn(backend, 'reportFinding').mockRejectedValue(new BackendError('system', { zh: '磁盘已满', en: 'Disk full' }))
    await open()
    await fill()
    await press('cannot-photo')
    await page.get('[data-testid="no-photo-reason"]').setValue('镜头坏')
    await save()
    expect(page.get('[data-testid="fault"]').text()).toContain('磁盘已满')
    expect((page.get('[data-testid="description"]').element as HTMLTextAreaElement).value).toBe('前门未上锁')
  })

  it('removes a finding only after asking, and changes one in place', async () => {
    const given = { line: line.no, subject: null, severity: 'minor' as const, category: '', description: '旧的写法', responsible_unit: '某单位', due_on: '2026-12-01', photos: [], no_photo: { reason: '涉密', confirmed_by: '' }, fixed_on_site: '', after_photos: [], desk_callee: null, follows: null }
    const finding = await backend.reportFinding(visit, given)
    const order: string[] = []
    const { reportFinding, removeFinding } = backend
    vi.spyOn(backend, 'reportFinding').mockImplementation((...all) => (order.push('report'), reportFinding(...all)))
    vi.spyOn(backend, 'removeFinding').mockImplementation((...all) => (order.push('remove'), removeFinding(...all)))
    await open()
    await press(`change-${finding.id}`)
    expect((page.get('[data-testid="description"]').element as HTMLTextAreaElement).value).toBe('旧的写法')
    await page.get('[data-testid="description"]').setValue('新的写法')
    await save()
    expect(order, 'the engine keeps its moment and its calls').toEqual(['report'])
    const left = (await backend.visit(visit)).findings
    expect(left.map((one) => [one.id, one.found.wall_ms, one.description])).toEqual([[finding.id, finding.found.wall_ms, '新的写法']])
    await press(`remove-${left[0]?.id}`)
    expect(order, 'a press asks first').toHaveLength(1)
    await press('remove-yes')
    expect((await backend.visit(visit)).findings).toHaveLength(0)
  })
})
