import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { BesideView } from '@/console/api'
import { differingAssets, differingFindings, differingLines } from '@/console/beside/differences'
import { createFakeConsole } from '@/console/fake'
import { fakeBeside } from '@/console/fake/beside'
import { copy, demoRecord } from '@/console/fake/story'

import { mountConsole, type Mounted } from './mountConsole'

const decided = (counts: string | null, unnamed = 0): BesideView => ({
  ...copy<BesideView>(fakeBeside),
  records: fakeBeside.records.map((one) => ({ ...one, counts: one.id === counts })),
  decision: { leaf: 25, counts, reason: '与现场照片核对', decided_by: '王䶮', at: 1_795_400_000_000, unnamed },
})

function showing(view: BesideView): ReturnType<typeof createFakeConsole> {
  const api = createFakeConsole()
  return new Proxy(api, { get: (target, name: keyof typeof api) => (name === 'beside' ? async () => view : target[name]) })
}

describe('records of one visit', () => {
  it('differ in what they say, not in when it was said', () => {
    const other = copy<typeof demoRecord>(demoRecord)
    for (const line of other.lines) line.answered.wall_ms += 60_000
    expect(differingLines([demoRecord, other])).toEqual([])
    const [line] = other.lines
    if (!line) throw new Error('the demo record has lines')
    line.note = '改'
    const [difference, ...more] = differingLines([demoRecord, other])
    expect(more).toEqual([])
    expect(difference?.cells.map((cell) => cell?.note)).toEqual([demoRecord.lines[0]?.note, '改'])
  })

  it('differ where one has a line, an asset or a problem that the other does not have', () => {
    const other = copy<typeof demoRecord>(demoRecord)
    other.lines.pop()
    expect(differingLines([demoRecord, other]).map((row) => row.cells[1])).toEqual([null])
    const asset = { asset: 'asset-x', verdicts: ['missing' as const], sighting: null }
    expect(differingAssets([demoRecord, { ...demoRecord, reconciliation: [...demoRecord.reconciliation, asset] }])[0]?.cells).toEqual([null, asset])
    expect(differingFindings([demoRecord, { ...demoRecord, findings: [] }])).toHaveLength(demoRecord.findings.length)
  })
})

describe('side by side', () => {
  let at: Mounted
  beforeEach(() => localStorage.clear())
  afterEach(() => at.page.unmount())

  it('is one link away from the list of what is kept aside, and from the record', async () => {
    at = await mountConsole('/aside')
    await at.goTo(at.page.get('[data-testid^="look-"]').attributes('href')?.slice(1) ?? '')
    expect(at.has('beside-0') && at.has('beside-1')).toBe(true)
    const [first] = (await createFakeConsole().records({}, null)).items
    await at.goTo(`/records/${first?.id}`)
    await at.goTo(at.page.get('[data-testid="beside-link"]').attributes('href')?.slice(1) ?? '')
    expect(at.text('beside-1')).toContain('另存待裁定（409.1）')
    expect(at.text('beside-0')).toContain('核验一致')
  })

  it('shows only what differs, with a cell for each record', async () => {
    at = await mountConsole(`/beside/${fakeBeside.case}`)
    expect(at.page.get('[data-testid="differences"]').attributes('data-lines')).toBe('1')
    expect(at.text('line-differences')).toContain('前门未上锁')
    expect(at.page.findAll('[data-testid="line-differences"] [data-outcome]')).toHaveLength(2)
  })

  it('says that nobody decided, and how it is done without the console signing', async () => {
    at = await mountConsole(`/beside/${fakeBeside.case}`)
    expect(at.page.get('[data-testid="decision"]').attributes('data-state')).toBe('open')
    expect(at.text('decision')).toContain(`xunjian aside case ${fakeBeside.case?.slice(0, 16)} --out case.json`)
    expect(at.text('decision')).toContain('不能代签')
  })

  it('says which one counts once it was decided, and that a later record makes it out of date', async () => {
    const [, aside] = fakeBeside.records
    at = await mountConsole('/beside/x', { api: showing(decided(aside?.id ?? '')) })
    expect(at.text('decision-said')).toBe('裁定：记录 B 计入')
    expect(at.text('beside-0')).toContain('裁定不计入')
    expect(at.text('beside-1')).toContain('裁定计入')
    at.page.unmount()
    at = await mountConsole('/beside/x', { api: showing(decided(null, 1)) })
    expect(at.page.get('[data-testid="decision"]').attributes('data-state')).toBe('outdated')
    expect(at.text('decision-said')).toBe('裁定：均不计入')
  })

  it('does not compare lines of different visits', async () => {
    const view = copy<BesideView>(fakeBeside)
    view.records = view.records.map((one, index) => (index === 1 ? { ...one, claim: 'chain' } : one))
    at = await mountConsole('/beside/x', { api: showing(view) })
    expect(at.has('differences')).toBe(false)
    expect(at.text('beside-1')).toContain('签的是另一次巡检')
  })
})
