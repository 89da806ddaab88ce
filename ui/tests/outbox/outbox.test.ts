import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'

import type { Backend, SyncRun } from '@/backend'
import { BackendError } from '@/backend/error'
import { createFakeBackend } from '@/backend/fake'
import type { RecordRow, SyncNews, SyncProgress, SyncReport } from '@/gen'
import OutboxPage from '@/outbox/OutboxPage.vue'
import { journeyOf, photoJourney, signs, tones } from '@/outbox/state'
import { useSession } from '@/session/store'

import { mountAppPage } from '../mountPage'

type Page = Awaited<ReturnType<typeof mountAppPage>>
const by = (page: Page, id: string) => page.find(`[data-testid="${id}"]`)
const nothing: SyncReport = { passes: 1, submitted: 0, identical: 0, refused: 0, blobs_sent: 0, blob_bytes_sent: 0, delivered: 0, still_pending: 0, quarantined: 0, errors: [] }

/** A backend whose run the test ends by hand. */
function held(): { backend: Backend; progress: (now: SyncProgress) => void; end: (report: SyncReport) => void; stopped: () => boolean } {
  let tell: (now: SyncProgress) => void = () => undefined
  let finish: (report: SyncReport) => void = () => undefined
  let isStopped = false
  const done = new Promise<SyncReport>((resolve) => (finish = resolve))
  const sync = (progress: (now: SyncProgress) => void): SyncRun => {
    tell = progress
    return { done, cancel: async () => void (isStopped = true) }
  }
  return { backend: Object.assign(Object.create(createFakeBackend()) as Backend, { sync }), progress: (now) => tell(now), end: (report) => finish(report), stopped: () => isStopped }
}

describe('the outbox', () => {
  it('shows each record with its state, its attempts and its last error', async () => {
    const page = await mountAppPage(OutboxPage)
    const waiting = by(page, 'outbox-waiting').findAll('[data-journey="failed"].panel')
    expect(waiting).toHaveLength(1)
    expect(waiting[0]!.text()).toContain('连接中断')
    expect(waiting[0]!.text()).toContain('已尝试 1 次')
    expect(by(page, 'waiting-count').text()).toContain('2')
    expect(by(page, 'room-left').text()).toBe('59.6 GB')
  })

  it('shows exact figures while it runs, and stops on request', async () => {
    const run = held()
    const page = await mountAppPage(OutboxPage, { backend: run.backend })
    await by(page, 'sync').trigger('click')
    run.progress({ stage: 'photos', records_done: 2, records_total: 2, blobs_done: 1, blobs_total: 4, bytes_done: 3_000_000, bytes_total: 12_000_000, seconds_left: 95 })
    await flushPromises()
    expect(by(page, 'progress-records').text()).toBe('2 / 2')
    expect(by(page, 'progress-photos').text()).toBe('1 / 4')
    expect(by(page, 'progress-bytes').text()).toBe('3.0 MB / 12.0 MB')
    expect(by(page, 'progress-left').text()).toContain('2 分钟')
    await by(page, 'sync-cancel').trigger('click')
    expect(run.stopped()).toBe(true)
    run.end({ ...nothing, cancelled: true, still_pending: 2 })
    await flushPromises()
    expect(by(page, 'sync-result').text()).toContain('已停止')
    expect(by(page, 'sync-result').attributes('data-clean')).toBe('false')
  })

  it('shows a run that began by itself, waits without hurry, and can be hurried', async () => {
    let tell: (news: SyncNews) => void = () => undefined
    let hurried = 0
    const fake = createFakeBackend({ hears: (hear) => (tell = hear) })
    const page = await mountAppPage({ components: { OutboxPage }, setup: () => ({ session: useSession(), read: useSession().read() }), template: '<outbox-page v-if="session.view" />' }, { backend: Object.assign(Object.create(fake) as Backend, { syncRetry: async () => void hurried++ }) })
    await flushPromises()
    tell({ news: 'held_back', network: 'mobile' })
    await flushPromises()
    expect(by(page, 'held-back').text()).toContain('移动网络')
    tell({ news: 'begun' })
    const progress: SyncProgress = { stage: 'waiting', records_done: 0, records_total: 2, blobs_done: 0, blobs_total: 4, bytes_done: 0, bytes_total: 12_000_000, seconds_left: null }
    tell({ news: 'progress', progress })
    await flushPromises()
    expect(by(page, 'held-back').exists()).toBe(false)
    expect(by(page, 'sync').exists()).toBe(false)
    expect(by(page, 'sync-stage').text()).toContain('稍后自动再试')
    expect(page.findAll('.panel[data-journey="sending"]')).toHaveLength(0)
    await by(page, 'sync-retry').trigger('click')
    expect(hurried).toBe(1)
    tell({ news: 'progress', progress: { ...progress, stage: 'photos' } })
    await flushPromises()
    expect(by(page, 'sync-retry').exists()).toBe(false)
    tell({ news: 'ended', report: { ...nothing, delivered: 2, photos_held_back: 3 } })
    await flushPromises()
    expect(by(page, 'sync-result').text()).toContain('2 条记录取得回执')
    expect(by(page, 'sync-result').text()).toContain('3 张照片留待')
    // A look for new work in the background is nothing to tell.
    tell({ news: 'ended', report: nothing })
    await flushPromises()
    expect(by(page, 'sync-result').text()).toContain('2 条记录取得回执')
  })

  it('puts each fault at its record and the others above', async () => {
    const run = held()
    const page = await mountAppPage(OutboxPage, { backend: run.backend })
    await by(page, 'sync').trigger('click')
    const fault = { blob: null, code: 'problem' as const, problem: '409.1' as const, retryable: false }
    run.end({ ...nothing, still_pending: 2, errors: [{ ...fault, record: 'a1'.repeat(32), message: { zh: '同一序号已有另一条记录', en: 'Another record has this number' } }, { ...fault, record: null, problem: null, message: { zh: '日志还没有写入', en: 'The log is not settled' } }] })
    await flushPromises()
    expect(by(page, `outbox-${'a1'.repeat(32)}`).text()).toContain('409.1')
    expect(by(page, `outbox-${'a1'.repeat(32)}`).text()).toContain('告诉管理员')
    expect(by(page, 'sync-faults').text()).toContain('日志还没有写入')
    expect(by(page, 'sync-faults').text()).not.toContain('同一序号')
  })

  it('delivers, and only then shows a receipt', async () => {
    const page = await mountAppPage(OutboxPage)
    expect(by(page, `outbox-${'a1'.repeat(32)}`).find('.mark-normal').exists()).toBe(false)
    await by(page, 'sync').trigger('click')
    await flushPromises()
    expect(by(page, `outbox-${'a1'.repeat(32)}`).attributes('data-journey')).toBe('delivered')
    expect(by(page, 'empty').exists()).toBe(true)
  })

  it('says what to do when the service cannot be reached', async () => {
    const gone = new BackendError('unreachable', { zh: '连不上', en: 'Unreachable' }, [], true)
    const sync = (): SyncRun => ({ done: Promise.reject(gone), cancel: async () => undefined })
    const page = await mountAppPage(OutboxPage, { backend: Object.assign(Object.create(createFakeBackend()) as Backend, { sync }) })
    await by(page, 'sync').trigger('click')
    await flushPromises()
    expect(page.text()).toContain('记录都在本机，不会丢失')
    expect(by(page, 'sync').exists(), 'the button is back').toBe(true)
  })
})

describe('the state of a record', () => {
  const row = (more: Partial<RecordRow>): RecordRow => ({ state: 'queued', quarantined: null, last_error: '', ...more }) as RecordRow

  it('is green for a receipt alone', () => {
    const green = Object.entries(tones).filter(([, tone]) => tone === 'normal')
    expect(green.map(([journey]) => journey)).toEqual(['delivered'])
    expect(photoJourney(true, 'partly_sent'), 'a photo that the service has is not a receipt').not.toBe('delivered')
  })

  it.each([
    [{ state: 'sealed' as const }, false, 'stored'],
    [{ state: 'queued' as const }, false, 'queued'],
    [{ state: 'queued' as const }, true, 'sending'],
    [{ state: 'queued' as const, last_error: 'x' }, false, 'failed'],
    [{ state: 'partly_sent' as const }, false, 'partly_sent'],
    [{ state: 'delivered' as const, last_error: 'old' }, true, 'delivered'],
  ])('%o while running=%s is %s', (more, running, journey) => {
    expect(journeyOf(row(more), running, [])).toBe(journey)
  })

  it('has a sign of its own', () => {
    expect(new Set(Object.values(signs)).size).toBe(Object.keys(signs).length)
  })
})
