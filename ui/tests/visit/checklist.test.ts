import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { BackendError } from '@/backend/error'
import { createFakeBackend } from '@/backend/fake'
import { keepPhoto } from '@/photo/keptPhotos'
import { photoQuery } from '@/visit/linePhotos'

import { openAt, rackVisit, roomVisit, settle, testId } from './open'

describe('the checklist', () => {
  let wrapper: VueWrapper

  beforeEach(() => localStorage.clear())
  afterEach(() => wrapper.unmount())

  const line = (no: number) => wrapper.get(testId(`line-${no}`))
  const press = async (no: number, outcome: string): Promise<void> => {
    await line(no).get(testId(`answer-${outcome}`)).trigger('click')
    await settle()
  }

  it('opens the group of the item in the address, shows only that group and puts the focus on the item', async () => {
    const opened = await openAt(`/visits/${rackVisit}/lines/6`)
    wrapper = opened.wrapper
    await settle(200)
    expect(line(6).text()).toContain('A.1-09')
    expect(wrapper.find(testId('line-1')).exists(), 'the rack itself is another group').toBe(false)
    await vi.waitFor(() => expect(document.activeElement?.id).toBe('line-6'))
  })

  it('preselects nothing', async () => {
    wrapper = (await openAt(`/visits/${roomVisit}/lines`)).wrapper
    expect(wrapper.findAll('[role="radio"][aria-checked="true"]')).toHaveLength(0)
  })

  it('answers a healthy item with its checks in one press, and says so only with the stored time', async () => {
    const { wrapper: mounted, backend } = await openAt(`/visits/${rackVisit}/lines/6`)
    wrapper = mounted
    const record = vi.spyOn(backend, 'recordResult')
    expect(line(6).get(testId('saved')).text()).toBe('')
    await press(6, 'normal')
    expect(record).toHaveBeenCalledTimes(1)
    expect(record.mock.calls[0]?.[1]).toMatchObject({
      line: 6,
      outcome: 'normal',
      checks: [
        { check: 'A.1-09.lamps', outcome: 'normal', value: { type: 'choice', key: 'normal' } },
        { check: 'A.1-09.running', outcome: 'normal', value: { type: 'choice', key: 'running' } },
      ],
    })
    expect(record.mock.calls[0]?.[1].spent_ms, 'time per item is measured').toBeTypeOf('number')
    expect(line(6).get(testId('answer-normal')).attributes('aria-checked')).toBe('true')
    expect(line(6).get(testId('saved')).text()).toMatch(/^已存本机 \d\d:\d\d$/)
  })

  it('does not count a press that could not be stored, and stores it on another try', async () => {
    const fails: Partial<Record<'recordResult', BackendError>> = { recordResult: new BackendError('system', { zh: '磁盘已满', en: 'The disk is full' }) }
    wrapper = (await openAt(`/visits/${rackVisit}/lines/6`, createFakeBackend({ fails }))).wrapper
    await press(6, 'normal')
    expect(line(6).get(testId('answer-normal')).attributes('aria-checked')).toBe('false')
    expect(line(6).attributes('data-outcome')).toBe('none')
    expect(line(6).text()).toContain('磁盘已满')
    expect(line(6).get(testId('saved')).text()).toBe('')
    delete fails.recordResult
    const retry = line(6).findAll('button').find((button) => button.text() === '重试')
    await retry?.trigger('click')
    await settle()
    expect(line(6).attributes('data-outcome')).toBe('normal')
    expect(line(6).text()).not.toContain('磁盘已满')
  })

  it('asks for a measured value before it takes 正常, and stores nothing until then', async () => {
    const { wrapper: mounted, backend } = await openAt(`/visits/${rackVisit}/lines/1`)
    wrapper = mounted
    const record = vi.spyOn(backend, 'recordResult')
    await press(1, 'normal')
    expect(record).not.toHaveBeenCalled()
    expect(line(1).get(testId('hint')).text()).toContain('前后屏蔽门上锁')
    for (const face of ['front', 'rear']) await line(1).get(testId(`check-doors-${face}-locked`)).trigger('click')
    await settle()
    expect(line(1).get(testId('suggestion')).text()).toContain('正常')
    expect(line(1).attributes('data-outcome'), 'a suggestion is not an answer').toBe('none')
    await press(1, 'normal')
    expect(record.mock.calls[0]?.[1].checks).toEqual([{ check: 'A.2-03a.doors', outcome: 'normal', reason: '', value: { type: 'doors', front: 'locked', rear: 'locked' } }])
  })

  it('shows a photo that was taken for an item before it was answered', async () => {
    const backend = createFakeBackend()
    await backend.startVisit(rackVisit)
    const taken = await backend.attachPhoto(rackVisit, { line: 1, file_name: 'a.jpg', capture: 'camera', caption: '', layer: null }, new Uint8Array([1, 2, 3]))
    await keepPhoto(backend, photoQuery(rackVisit, 1).keep, taken.evidence.sha256)
    wrapper = (await openAt(`/visits/${rackVisit}/lines/1`, backend)).wrapper
    expect(line(1).attributes('data-outcome')).toBe('none')
    expect(line(1).find(testId('photo-0')).exists()).toBe(true)
    expect(line(2).find(testId('photo-0')).exists(), 'only there').toBe(false)
  })

  it('keeps what was typed but not stored over a kill, and drops it once it is stored', async () => {
    const backend = createFakeBackend()
    wrapper = (await openAt(`/visits/${rackVisit}/lines/1`, backend)).wrapper
    await line(1).get(testId('check-doors-rear-unlocked')).trigger('click')
    await settle(250)
    expect(line(1).get(testId('saved')).text()).toContain('草稿已留在本机')
    wrapper.unmount()

    wrapper = (await openAt(`/visits/${rackVisit}/lines/1`, backend)).wrapper
    expect(line(1).get(testId('check-doors-rear-unlocked')).attributes('aria-checked'), 'half a value came back').toBe('true')
    expect(line(1).get(testId('check-doors-front-locked')).attributes('aria-checked')).toBe('false')
    await line(1).get(testId('check-doors-front-locked')).trigger('click')
    await press(1, 'abnormal')
    expect(await backend.scratch(`line:${rackVisit}:1`)).toBeNull()
  })

  it('does not take 正常 while a check says something abnormal', async () => {
    const { wrapper: mounted, backend } = await openAt(`/visits/${rackVisit}/lines/6`)
    wrapper = mounted
    const record = vi.spyOn(backend, 'recordResult')
    await line(6).get(testId('unfold')).trigger('click')
    await line(6).get(testId('check-lamps-red')).trigger('click')
    await press(6, 'normal')
    expect(record).not.toHaveBeenCalled()
    expect(line(6).get(testId('hint')).text()).toContain('指示灯')
    await press(6, 'abnormal')
    expect(record.mock.calls[0]?.[1].checks).toContainEqual({ check: 'A.1-09.lamps', outcome: 'abnormal', reason: '', value: { type: 'choice', key: 'red' } })
  })

  it('wants words for 异常 and a reason for 未检, and stores both by themselves', async () => {
    const { wrapper: mounted, backend } = await openAt(`/visits/${rackVisit}/lines/6`)
    wrapper = mounted
    const record = vi.spyOn(backend, 'recordResult')
    await press(6, 'abnormal')
    expect(line(6).text()).toContain('异常必须写明情况')
    await line(6).get(testId('note-preset-0')).trigger('click')
    await settle(800)
    expect(record.mock.lastCall?.[1]).toMatchObject({ outcome: 'abnormal', note: '硬盘指示灯黄灯或红灯' })
    await press(6, 'not_checked')
    await line(6).get(testId('reason-preset-1')).trigger('click')
    await settle(800)
    expect(record.mock.lastCall?.[1]).toMatchObject({ outcome: 'not_checked', reason: '被遮挡，看不到', checks: [], no_photo: null })
  })

  it('stores readings point by point, with what the engine says of the limit', async () => {
    const { wrapper: mounted, backend } = await openAt(`/visits/${roomVisit}/lines/7`)
    wrapper = mounted
    const reading = vi.spyOn(backend, 'recordReading')
    const type = async (quantity: string, keys: string): Promise<void> => {
      await line(7).get(testId(`check-climate-0-${quantity}`)).trigger('focus')
      for (const key of keys) await line(7).get(testId(`pad-${key}`)).trigger('click')
      await line(7).get(testId('pad-done')).trigger('click')
    }
    await type('temperature', '23.5')
    expect(reading, 'the point is not complete').not.toHaveBeenCalled()
    await type('relative_humidity', '45')
    await settle()
    expect(reading).toHaveBeenCalledWith(roomVisit, 7, '冷通道1', [
      { quantity: 'temperature', point: '冷通道1', value: '23.5' },
      { quantity: 'relative_humidity', point: '冷通道1', value: '45' },
    ])
    expect(line(7).attributes('data-outcome'), 'readings alone are no answer').toBe('none')
    await press(7, 'normal')
    expect(line(7).attributes('data-outcome')).toBe('normal')
  })

  it('lets arrow keys walk the outcomes without answering', async () => {
    const { wrapper: mounted, backend } = await openAt(`/visits/${rackVisit}/lines/6`)
    wrapper = mounted
    const record = vi.spyOn(backend, 'recordResult')
    const first = line(6).get(testId('answer-normal'))
    ;(first.element as HTMLElement).focus()
    await first.trigger('keydown', { key: 'ArrowRight' })
    expect((document.activeElement as HTMLElement).dataset.testid).toBe('answer-abnormal')
    expect(record).not.toHaveBeenCalled()
  })

  it('offers 其余全部正常 only after the label was scanned, says what it filled and left, and takes it back', async () => {
    const { wrapper: mounted, backend } = await openAt(`/visits/${rackVisit}/lines`)
    wrapper = mounted
    expect(wrapper.get(testId('bulk')).attributes('disabled')).toBeDefined()
    expect(wrapper.get(testId('bulk-reason')).text()).toContain('扫过本柜标签')
    await backend.scanLabel(rackVisit, 'own', 'camera')
    wrapper.unmount()

    wrapper = (await openAt(`/visits/${rackVisit}/lines`, backend)).wrapper
    await wrapper.get(testId('bulk')).trigger('click')
    await settle()
    const visit = await backend.visit(rackVisit)
    const filled = visit.lines.filter((one) => one.answer?.bulk).length
    expect(filled, 'the fake filled something').toBeGreaterThan(0)
    expect(wrapper.get(testId('bulk-panel')).text()).toContain(`已按“正常”填了 ${filled} 项`)
    expect(wrapper.get(testId('bulk-panel')).text()).toContain(`还剩 ${visit.missing.length} 项`)
    await wrapper.get(testId('bulk-undo')).trigger('click')
    await settle()
    expect((await backend.visit(rackVisit)).answered).toBe(0)
    expect(wrapper.find(testId('bulk-panel')).exists()).toBe(false)
  })

  it('comes back to the group where the person left off', async () => {
    const backend = createFakeBackend()
    wrapper = (await openAt(`/visits/${rackVisit}/lines`, backend)).wrapper
    await wrapper.get(testId('group-3')).trigger('click')
    await settle(300)
    const title = wrapper.get(testId('group-title')).text()
    wrapper.unmount()
    expect(JSON.parse((await backend.scratch('spot')) ?? '{}')).toMatchObject({ visit: rackVisit, pane: 'items' })
    wrapper = (await openAt(`/visits/${rackVisit}/lines`, backend)).wrapper
    expect(wrapper.get(testId('group-title')).text()).toBe(title)
  })

  it('shows the English rendering first and the printed Chinese beneath', async () => {
    wrapper = (await openAt(`/visits/${roomVisit}/lines/1`, createFakeBackend(), 'en')).wrapper
    const heading = line(1).get('h3').text()
    expect(heading.indexOf('Check that the machine room is tidy')).toBe(0)
    expect(heading).toContain('检查机房环境是否整洁')
  })
})
