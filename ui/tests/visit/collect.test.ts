import { describe, expect, it } from 'vitest'

import cluster from '@/backend/fake/visit-cluster.json'
import rack from '@/backend/fake/visit-rack.json'
import room from '@/backend/fake/visit-room.json'
import type { LineView, VisitView } from '@/gen'
import type { CheckDraft } from '@/inputs/draft'
import { collect, type Judged, suggestionOfLine } from '@/visit/collect'
import { groupsOf } from '@/visit/groups'

const line = (visit: unknown, no: number): LineView => {
  const found = (visit as VisitView).lines.find((one) => one.no === no)
  if (!found) throw new Error(`no line ${no}`)
  return found
}
const given = (drafts: [string, CheckDraft][] = [], judged: [string, Judged][] = []) => ({ drafts: new Map(drafts), judged: new Map(judged) })

describe('what goes with an outcome', () => {
  it('is zero for what is counted and normal only at zero', () => {
    expect(collect(line(room, 6), 'normal', given())).toEqual({ checks: [{ check: 'A.2-07.lamps', outcome: 'normal', reason: '', value: { type: 'count', count: 0 } }] })
  })

  it('is nothing while a reading is missing', () => {
    expect(collect(line(room, 7), 'normal', given())).toMatchObject({ hint: { why: 'value_first' } })
  })

  it('is no check at all for 不适用, whatever was typed', () => {
    expect(collect(line(room, 6), 'not_applicable', given([['A.2-07.lamps', { type: 'count', count: 3 }]]))).toEqual({ checks: [] })
  })

  it('keeps each check of an abnormal item as its value says', () => {
    const drafts: [string, CheckDraft][] = [
      ['A.2-12a.running', { type: 'choice', key: 'automatic' }],
      ['A.2-12a.alarms', { type: 'count', count: 2 }],
    ]
    const collected = collect(line(room, 13), 'abnormal', given(drafts))
    const alarms = 'checks' in collected ? collected.checks.find((check) => check.check === 'A.2-12a.alarms') : undefined
    expect(alarms).toMatchObject({ outcome: 'abnormal', value: { type: 'count', count: 2 } })
    expect('checks' in collected && collected.checks.some((check) => check.check === 'A.2-12a.pressure'), 'nobody looked at the pressure').toBe(false)
  })

  it('lets one check be 不适用 inside a normal item', () => {
    const collected = collect(line(room, 5), 'normal', given([], [['A.2-06.readings', { outcome: 'not_applicable', reason: '无显示屏' }]]))
    expect(collected).toMatchObject({ checks: [{ check: 'A.2-06.mode', outcome: 'normal' }, { check: 'A.2-06.readings', outcome: 'not_applicable', reason: '无显示屏', value: null }] })
  })
})

describe('the suggestion', () => {
  it('is abnormal when fewer machines are online than ordered, and nothing while a unit is uncounted', () => {
    const asked = line(cluster, 3)
    const expected = asked.checks[0]?.expected
    const units = expected && 'units' in expected ? expected.units : []
    const counted = (n: number | null): CheckDraft => ({ type: 'unit_counts', units: units.map((unit, index) => ({ owning_unit: unit.owning_unit, online: index === 0 ? n : (unit.ordered ?? unit.in_ledger) })) })
    const due = units[0]?.ordered ?? 0
    expect(suggestionOfLine(asked, given([['A.1-08.units', counted(null)]]))).toBeNull()
    expect(suggestionOfLine(asked, given([['A.1-08.units', counted(due - 1)]]))).toBe('abnormal')
    expect(suggestionOfLine(asked, given([['A.1-08.units', counted(due)]]))).toBe('normal')
  })
})

describe('the groups', () => {
  it('of a rack are the rack itself and then its assets from the lowest unit up', () => {
    const groups = groupsOf(rack as unknown as VisitView)
    expect(groups[0]?.subject?.kind).toBe('rack')
    expect(groups.slice(1).map((group) => group.position)).toEqual(['1-3', '4-5', '7', '10-11', '14-17', '18-19', '42'])
    expect(groups.flatMap((group) => group.lines)).toHaveLength(rack.lines.length)
  })

  it('of a room are the printed categories', () => {
    expect(groupsOf(room as unknown as VisitView).map((group) => group.title)).toEqual(['机房环境', '电气系统', '通风空调系统', '安防系统', '其他系统'])
  })
})
