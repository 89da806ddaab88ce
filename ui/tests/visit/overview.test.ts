import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { createFakeBackend, fakePassphrase } from '@/backend/fake'

import { openAt, rackVisit, settle, testId } from './open'

describe('the overview of a visit', () => {
  let wrapper: VueWrapper
  beforeEach(() => localStorage.clear())
  afterEach(() => wrapper.unmount())

  it('counts what is missing and jumps to the first of it', async () => {
    const opened = await openAt(`/visits/${rackVisit}`)
    wrapper = opened.wrapper
    expect(wrapper.get(testId('missing')).text()).toContain('还差 30 项')
    expect(wrapper.findAll('[data-testid^="missing-"]')).toHaveLength(30)
    await wrapper.get(testId('missing-12')).trigger('click')
    await vi.waitFor(() => expect(document.activeElement?.id).toBe('line-12'), { timeout: 4000 })
  })

  it('asks for the label until it was scanned', async () => {
    const backend = createFakeBackend()
    wrapper = (await openAt(`/visits/${rackVisit}`, backend)).wrapper
    expect(wrapper.get(testId('label-state')).text()).toContain('请先扫本柜标签')
    wrapper.unmount()
    await backend.scanLabel(rackVisit, 'own', 'camera')
    wrapper = (await openAt(`/visits/${rackVisit}`, backend)).wrapper
    expect(wrapper.get(testId('label-state')).text()).toContain('已扫本柜标签')
  })

  it('says that the clock was changed, and nothing of it in ordinary use', async () => {
    const fake = createFakeBackend()
    wrapper = (await openAt(`/visits/${rackVisit}`, fake)).wrapper
    expect(wrapper.find(testId('clock-changed')).exists()).toBe(false)
    wrapper.unmount()
    const at = { wall_ms: 1_795_305_600_000, monotonic_ms: 1, boot_id: 'b' }
    const jumps = [{ before: at, after: { ...at, wall_ms: at.wall_ms - 86_400_000 }, jumped_ms: -86_400_000 }]
    const warnings = [{ zh: '时钟向后拨了 1 天（调回），请校准系统时间', en: 'The clock was set back by 1 day' }]
    const backend = Object.assign(Object.create(fake) as typeof fake, { visit: async (id: string) => ({ ...(await fake.visit(id)), jumps, warnings }) })
    wrapper = (await openAt(`/visits/${rackVisit}`, backend)).wrapper
    expect(wrapper.get(testId('clock-changed')).text()).toContain('终端时钟变动过 1 次')
    expect(wrapper.get(testId('visit-warnings')).text()).toContain('时钟向后拨了 1 天')
  })

  it('shows how many assets were scanned, and the abnormal items of a category', async () => {
    const backend = createFakeBackend()
    const asset = (await backend.visit(rackVisit)).lines.find((line) => line.subject.ledger)?.subject.id ?? ''
    await backend.scanLabel(rackVisit, `asset:${asset}`, 'camera')
    await backend.recordResult(rackVisit, { line: 1, outcome: 'abnormal', checks: [], reason: '', note: '锁坏', no_photo: null, mode: null, spent_ms: null })
    wrapper = (await openAt(`/visits/${rackVisit}`, backend)).wrapper
    expect(wrapper.get(testId('rack-link')).text()).toContain('已扫 1/7 台')
    expect(wrapper.get(testId('category-0')).text()).toContain('1 项异常')
  })

  it('is read-only once sealed, with a way to the record', async () => {
    const backend = createFakeBackend()
    for (const line of (await backend.visit(rackVisit)).lines) await backend.recordResult(rackVisit, { line: line.no, outcome: 'normal', checks: [], reason: '', note: '', no_photo: null, mode: null, spent_ms: null })
    await backend.seal([rackVisit], fakePassphrase, {} as never)
    wrapper = (await openAt(`/visits/${rackVisit}`, backend)).wrapper
    await settle()
    expect(wrapper.get(testId('sealed')).text()).toContain('只能查看')
    expect(wrapper.find(testId('open-record')).exists()).toBe(true)
    expect(wrapper.find(testId('continue')).exists()).toBe(false)
    wrapper.unmount()
    wrapper = (await openAt(`/visits/${rackVisit}/lines`, backend)).wrapper
    expect(wrapper.find('[role="radiogroup"]').exists(), 'nothing can be answered any more').toBe(false)
  })
})
