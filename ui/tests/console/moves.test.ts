import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createFakeConsole } from '@/console/fake'
import type { DiscrepancyItem } from '@/console/api'

import { mountConsole, type Mounted } from './mountConsole'

describe('不一致信息', () => {
  let at: Mounted

  beforeEach(() => localStorage.clear())
  afterEach(() => at.page.unmount())

  it('shows a move once with both its sides, and every difference between ledger, rack and order', async () => {
    const usual = createFakeConsole()
    const [item] = (await usual.discrepancies({}, null)).items as [DiscrepancyItem]
    const moved: DiscrepancyItem = {
      ...item,
      whereabouts: 'moved',
      reconciliation: { ...item.reconciliation, verdicts: ['wrong_rack', 'wrong_owner'] },
      differences: [
        { field: 'rack', ledger: '一号机房 · A01', seen: '二号机房 · B01', ordered: null },
        { field: 'owning_unit', ledger: '市公安局', seen: '市教育局', ordered: '市水务局' },
        { field: 'order', ledger: 'DD-404', seen: null, ordered: '' },
      ],
      others: [{ record: 'ab'.repeat(32), record_title: '一号机房 · A01', room_name: '一号机房', rack_name: 'A01', standing: 'missing', inspector_name: '王巡检', sealed_at: item.sealed_at }],
    }
    const asked: string[] = []
    const api = new Proxy(usual, {
      get: (target, name: keyof typeof usual) =>
        name === 'discrepancies' ? async (query: Record<string, string>) => (asked.push(query.verdict ?? ''), { items: [moved], next: null, total: 1 }) : target[name],
    })
    at = await mountConsole('/discrepancies?verdict=moved', { api })
    expect(asked.at(-1), 'the filter is the service’s').toBe('moved')
    expect(at.page.findAll('[data-testid="discrepancies-table"] tbody tr')).toHaveLength(1)
    expect(at.text('whereabouts')).toContain('移位')
    expect(at.text('other-records')).toMatch(/一号机房 · A01.*没找到.*王巡检/)
    const text = at.text('differences')
    expect(text).toContain('台账 一号机房 · A01 → 实际 二号机房 · B01')
    expect(text).toContain('台账 市公安局 → 实际 市教育局 → 订单 市水务局')
    expect(text).toContain('台账 DD-404 → 没有这个订单')
  })
})
