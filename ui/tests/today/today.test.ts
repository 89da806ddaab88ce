import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { Backend } from '@/backend'
import { BackendError } from '@/backend/error'
import { createFakeBackend } from '@/backend/fake'
import type { TodayVisit } from '@/gen'
import { daysOverdue, placesOf } from '@/today/grouping'

import { openAt, rackVisit, settle, testId } from '../visit/open'

/** The fake with its visits changed before the page sees them. */
function withVisits(change: (visit: TodayVisit) => Partial<TodayVisit>): Backend {
  const backend = createFakeBackend()
  const today = backend.today
  return new Proxy(backend, {
    get: (target, name: keyof Backend) =>
      name === 'today'
        ? async () => {
            const view = await today()
            for (const visit of view.rounds.flatMap((round) => round.visits)) Object.assign(visit, change(visit))
            return view
          }
        : target[name],
  })
}

describe('today', () => {
  let wrapper: VueWrapper
  beforeEach(() => localStorage.clear())
  afterEach(() => wrapper?.unmount())

  it('groups the visits by room, the room itself first, clusters last', async () => {
    wrapper = (await openAt('/today')).wrapper
    const places = wrapper.findAll('h3').map((heading) => heading.text())
    expect(places.slice(0, 2)).toEqual(['云山市政务云机房（一区）', '云山市政务云机房（二区）'])
    expect(wrapper.findAll('.cards')[0]?.find('button').text()).toContain('机房整体')
  })

  it('says before leaving what the photos will take and what there is', async () => {
    wrapper = (await openAt('/today')).wrapper
    await settle()
    const line = wrapper.get(testId('photo-budget'))
    expect(line.text()).toContain('约需 1.6 GB，可用 9.2 GB')
    expect(line.attributes('role'), 'enough is no alarm').toBeUndefined()
  })

  it('warns before leaving when the photos will not fit, and works without a budget', async () => {
    const backend = createFakeBackend()
    const enough = await backend.photoBudget()
    backend.photoBudget = async () => ({ ...enough, room_bytes: 800_000_000, is_short: true })
    wrapper = (await openAt('/today', backend)).wrapper
    await settle()
    const line = wrapper.get(testId('photo-budget'))
    expect(line.text()).toContain('空间不够')
    expect(line.text()).toContain('可用只有 800.0 MB')
    expect(line.attributes('role')).toBe('alert')
    wrapper.unmount()

    backend.photoBudget = () => Promise.reject(new BackendError('system', { zh: '磁盘', en: 'disk' }))
    wrapper = (await openAt('/today', backend)).wrapper
    await settle()
    expect(wrapper.find(testId('photo-budget')).exists()).toBe(false)
    expect(wrapper.find(testId(`visit-${rackVisit}`)).exists(), 'the page is complete without it').toBe(true)
  })

  it('starts a visit with one press and opens its overview', async () => {
    const { wrapper: mounted, router, backend } = await openAt('/today')
    wrapper = mounted
    const start = vi.spyOn(backend, 'startVisit')
    await wrapper.get(testId(`visit-${rackVisit}`)).trigger('click')
    await settle()
    expect(start).toHaveBeenCalledWith(rackVisit)
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe(`/visits/${rackVisit}`))
  })

  it('only looks at a sealed visit', async () => {
    const { wrapper: mounted, router, backend } = await openAt('/today', withVisits((visit) => (visit.id === rackVisit ? { state: 'sealed' } : {})))
    wrapper = mounted
    const start = vi.spyOn(backend, 'startVisit')
    await wrapper.get(testId(`visit-${rackVisit}`)).trigger('click')
    await settle()
    expect(start).not.toHaveBeenCalled()
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('visit'))
  })

  it('offers to sign together exactly what is ready, and filters by it', async () => {
    wrapper = (await openAt('/today', withVisits((visit) => ({ ready: visit.id === rackVisit })))).wrapper
    expect(wrapper.get(testId('seal-ready')).text()).toContain('1 个可一起签署')
    expect(wrapper.get(testId('seal-ready')).attributes('href')).toContain(`visits=${rackVisit}`)
    await wrapper.get(testId('filter-ready')).trigger('click')
    expect(wrapper.findAll('.cards button')).toHaveLength(1)
  })

  it('says whose draft is there as well', async () => {
    wrapper = (await openAt('/today', withVisits((visit) => ({ also_drafted_by: visit.id === rackVisit ? '李娜' : '' })))).wrapper
    expect(wrapper.get(testId('also-drafted')).text()).toContain('李娜')
  })

  it('says what to do when nothing was pulled yet', async () => {
    const none = new BackendError('no_package', { zh: '没有任务包', en: 'No package' })
    wrapper = (await openAt('/today', createFakeBackend({ fails: { today: none } }))).wrapper
    expect(wrapper.get(testId('empty')).text()).toContain('请联网后在“待同步”里同步')
    expect(wrapper.find(testId('fault')).exists()).toBe(false)
  })

  it('shows any other failure where it happened', async () => {
    wrapper = (await openAt('/today', createFakeBackend({ fails: { today: new BackendError('system', { zh: '读不出来', en: 'Cannot read' }) } }))).wrapper
    expect(wrapper.get(testId('fault')).text()).toContain('读不出来')
  })

  it('counts days after the last due day only', () => {
    expect(daysOverdue('2026-12-31', '2026-12-31')).toBe(0)
    expect(daysOverdue('2026-12-31', '2027-01-02')).toBe(2)
    expect(placesOf({ round: {} as never, is_due: true, visits: [] }, 'all')).toEqual([])
  })
})
