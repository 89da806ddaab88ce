import { describe, expect, it } from 'vitest'

import { daysAfter, emptyForm, findingOf, missingOf, withPreset } from '@/finding/form'

const frame = { line: 3, photos: ['a'.repeat(64)], afterPhotos: ['b'.repeat(64)], follows: null, category: '' }
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
