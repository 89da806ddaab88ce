import { describe, expect, it } from 'vitest'

import { callsOf, clockOf, deadlineOf } from '@/finding/clock'
import { agoOf, daysAfter, emptyForm, filledWith, findingOf, missingOf, withPreset } from '@/finding/form'

const frame = { line: 3, photos: ['a'.repeat(64)], afterPhotos: ['b'.repeat(64)], follows: null, now: Date.parse('2026-11-22T10:45:00+08:00') }
const whole = { ...emptyForm(), severity: 'minor' as const, description: '门锁损坏', responsible_unit: '某单位', due_on: '2026-12-01' }

describe('the form of a finding', () => {
  it('says all that is missing at once', () => {
    expect(missingOf(emptyForm(), [])).toEqual(['severity', 'description', 'unit', 'photo'])
    expect(missingOf(whole, ['x'])).toEqual([])
  })

  it('asks for a due date only where no clock runs', () => {
    expect(missingOf({ ...whole, due_on: '' }, ['x'])).toEqual(['due'])
    expect(missingOf({ ...whole, due_on: '', severity: 'outage' }, ['x'])).toEqual([])
  })

  it('takes a reason instead of the photo, but not the tick alone', () => {
    expect(missingOf({ ...whole, cannot_photo: true }, [])).toEqual(['reason'])
    expect(missingOf({ ...whole, cannot_photo: true, no_photo_reason: '涉密区域' }, [])).toEqual([])
  })

  it('sends nothing of a section that was closed again', () => {
    const finding = findingOf({ ...whole, fixed_on_site: '已重启', is_fixed: false, no_photo_reason: '旧', desk_callee: '王工' }, 'minor', frame)
    expect(finding).toMatchObject({ fixed_on_site: '', after_photos: [], no_photo: null, desk_callee: null, photos: frame.photos, line: 3 })
  })

  it('names who answered the call for an outage', () => {
    expect(findingOf({ ...whole, severity: 'outage', desk_callee: ' 王工 ' }, 'outage', frame).desk_callee).toBe('王工')
  })
})

describe('the clock of an outage', () => {
  const found = Date.parse('2026-11-22T10:40:00+08:00')
  const minute = 60_000
  const of = (severity: 'outage' | 'degraded') => clockOf(severity) ?? { respondMinutes: 0, feedbackMinutes: 0, hours: 'always' as const }

  it('is that of 5.3.2.7 and 5.3.2.8, and other problems have none', () => {
    expect(clockOf('outage')).toEqual({ respondMinutes: 5, feedbackMinutes: 30, hours: 'always' })
    expect(clockOf('degraded')).toEqual({ respondMinutes: 10, feedbackMinutes: 60, hours: 'workdays' })
    expect([clockOf('major'), clockOf('minor')]).toEqual([null, null])
  })

  it('waits for a response from when it was found, then for feedback from the last call', () => {
    expect(deadlineOf(of('outage'), found, [], found + 5 * minute)).toEqual({ what: 'respond', at: found + 5 * minute, isOver: false })
    expect(deadlineOf(of('outage'), found, [], found + 5 * minute + 1).isOver).toBe(true)
    expect(deadlineOf(of('degraded'), found, [found + 2 * minute, found + 50 * minute], found + 60 * minute)).toEqual({ what: 'feedback', at: found + 110 * minute, isOver: false })
  })

  it('counts every call that was noted', () => {
    const call = (at: number) => ({ callee: '王工', at: { wall_ms: at, monotonic_ms: 0, boot_id: '' } })
    expect(callsOf({ desk_call: null })).toEqual([])
    expect(callsOf({ desk_call: call(1), later_calls: [call(2), call(3)] })).toEqual([1, 2, 3])
  })

  it('tells the engine how long ago it was found and the desk answered', () => {
    const form = { ...whole, severity: 'outage' as const, desk_callee: '王工', begun_at: found, called_at: '10:43' }
    expect(findingOf(form, 'outage', frame)).toMatchObject({ found_ago_ms: 5 * minute, called_ago_ms: 2 * minute })
    expect(findingOf({ ...form, severity: 'minor' }, 'minor', frame), 'no clock, no moments').not.toHaveProperty('found_ago_ms')
    expect(findingOf(form, 'outage', { ...frame, replaces: 'one' }).replaces).toBe('one')
  })

  it('reads a time of day in the zone of the sites, and never one to come', () => {
    expect([agoOf('10:43', frame.now), agoOf('23:59', frame.now)]).toEqual([2 * minute, 0])
  })
})

describe('a preset', () => {
  const preset = { key: 'A.2-07.off', criterion: 'A.2-07', text: { zh: '照明灯不亮', en: 'Lights do not work' }, severity: 'minor' as const, due_days: 14 }

  it('fills description, severity and due day in one press, and may be changed', () => {
    expect(filledWith(emptyForm(), preset, '照明灯不亮', '2026-11-22')).toMatchObject({ description: '照明灯不亮', severity: 'minor', due_on: '2026-12-06', category: 'A.2-07.off' })
  })

  it('takes nothing back that a hand chose', () => {
    const form = filledWith({ ...emptyForm(), severity: 'outage' }, preset, '照明灯不亮', '2026-11-22')
    expect(form).toMatchObject({ severity: 'outage', due_on: '' })
    expect(filledWith({ ...whole, due_on: '2026-12-24' }, preset, '照明灯不亮', '2026-11-22')).toMatchObject({ due_on: '2026-12-24', description: '门锁损坏；照明灯不亮' })
  })
})

describe('what helps to write', () => {
  it('adds presets to what is written, each once', () => {
    const twice = withPreset(withPreset('', '门锁损坏'), '钥匙留在锁上')
    expect(twice).toBe('门锁损坏；钥匙留在锁上')
    expect(withPreset(twice, '门锁损坏')).toBe(twice)
  })

  it('counts days over the ends of months and years', () => {
    expect([daysAfter('2026-11-22', 15), daysAfter('2026-12-31', 3), daysAfter('2028-02-26', 3)]).toEqual(['2026-12-07', '2027-01-03', '2028-02-29'])
  })
})
