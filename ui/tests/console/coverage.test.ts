import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { CountedView } from '@/console/api'
import { commandsOf, leftOf, needsReason, sidesOf } from '@/console/closing/needs'
import { numberNames, numbersOf, percentOf } from '@/console/coverage/numbers'
import { createFakeConsole } from '@/console/fake'
import { fakeClosing, fakeCounted } from '@/console/fake/coverage'
import { roundState } from '@/console/rounds/state'

import { mountConsole, type Mounted } from './mountConsole'

const rate = { due: 3000, normal: 2990, abnormal: 5, not_applicable: 4, not_applicable_accepted: 3, not_checked: 0 }

function showing(view: CountedView): ReturnType<typeof createFakeConsole> {
  const api = createFakeConsole()
  return new Proxy(api, { get: (target, name: keyof typeof api) => (name === 'coverage' ? async () => view : target[name]) })
}

describe('the numbers of a coverage', () => {
  it('put each line into one state, and count as done what the rate counts', () => {
    const numbers = numbersOf(rate)
    expect(numbers).toEqual({ due: 3000, done: 2998, normal: 2990, abnormal: 5, not_applicable: 3, not_applicable_unaccepted: 1, not_checked: 0, missed: 1 })
    const { done, not_applicable_unaccepted, not_checked, missed, due } = numbers
    expect(done + not_applicable_unaccepted + not_checked + missed).toBe(due)
  })

  it('never round up to everything', () => {
    expect(percentOf(rate)).toBe('99.9')
    expect(percentOf({ ...rate, due: 0 })).toBeNull()
  })
})

describe('the pages of a round', () => {
  let at: Mounted
  let round: string
  beforeEach(async () => {
    localStorage.clear()
    round = (await createFakeConsole().rounds())[0]?.round.id ?? ''
  })
  afterEach(() => at.page.unmount())

  const total = (): string | undefined => at.page.get('[data-testid="lines-total"]').attributes('data-total')

  it.each(numberNames)('lead from the number “%s” to a list of exactly that many lines', async (name) => {
    at = await mountConsole(`/rounds/${round}/coverage`)
    const link = at.page.get(`[data-testid="stat-line-${name}"]`)
    const value = link.attributes('data-value')
    await at.goTo(link.attributes('href')?.slice(1) ?? '')
    expect(total()).toBe(value)
  })

  it('lead from a number of a room and of a criterion to those lines alone', async () => {
    at = await mountConsole(`/rounds/${round}/coverage`)
    for (const table of ['rooms', 'criteria']) {
      const links = at.page.findAll(`[data-testid="${table}-table"] a[data-testid$="-missed"]`)
      expect(links.length, table).toBeGreaterThan(0)
      const [href, value] = [links[0]?.attributes('href')?.slice(1) ?? '', links[0]?.text().match(/\d+/)?.[0]]
      await at.goTo(href)
      expect(total(), table).toBe(value)
      await at.goTo(`/rounds/${round}/coverage`)
    }
  })

  it('name what stands beside the numbers, and the state of the log they come from', async () => {
    at = await mountConsole(`/rounds/${round}/coverage`)
    expect(at.text('beside')).toContain('缺第 3 至 4 条')
    expect(at.text('whole')).toContain('现有的 27 片叶')
    expect(at.text('criteria-table')).toContain('机柜门锁完好')
  })

  it('give each indicator its formula, and guess nothing that is not collected', async () => {
    at = await mountConsole(`/rounds/${round}/indicators`)
    expect(at.text('value-satisfied_overall')).toBe('— 未采集')
    expect(at.text('indicators-table')).toContain('÷ 应检')
    expect(at.page.get('[data-testid="failing-response_in_time"]').attributes('href')).toContain('failing=response_in_time')
  })

  it('say what a closing needs and what it leaves, and how it is signed', async () => {
    at = await mountConsole(`/rounds/${round}/closing`)
    expect(at.text('need-provider')).toContain('镕堃')
    expect(at.text('need-reviewer')).toContain('王䶮')
    expect(at.text('need-reason')).toContain('须写明原因')
    const missed = numbersOf(fakeCounted().totals.whole).missed
    expect(at.page.get('[data-testid="left-missed"]').attributes('data-count')).toBe(String(missed))
    expect(at.text('close-draft')).toBe(`xunjian round close ${round} --reason REASON --draft closing.json`)
    expect(at.has('archive')).toBe(false)
  })

  it('say who must enrol first where nobody of a side can sign', async () => {
    const view = { ...fakeCounted(), signatories: fakeCounted().signatories.filter((one) => one.party_kind === 'provider') }
    at = await mountConsole(`/rounds/${round}/closing`, { api: showing(view) })
    expect(at.text('need-reviewer')).toContain('目前无人可签')
    expect(at.text('need-reviewer')).toContain('登记终端')
  })

  it('say of a closed round who signed, when, why, and over which log; and offer its archive', async () => {
    at = await mountConsole(`/rounds/${round}/closing`, { api: showing({ ...fakeCounted(), closing: fakeClosing() }) })
    expect(at.text('closed')).toContain('机房搬迁')
    expect(at.page.findAll('[data-testid="signatory"]').map((one) => one.text())).toEqual(['镕堃 · 服务方 · 云山云服务有限公司', '王䶮 · 管理方 · 云山管理方'])
    expect(at.text('closing-root')).toBe('5a'.repeat(32))
    expect(at.page.get('[data-testid="archive"]').attributes('href')).toBe(`#archive-${round}`)
    expect(at.has('needs')).toBe(false)
    expect(at.text('check-command')).toContain('xunjian-verify round-')
  })

  it('turn red when a signature of the closing does not hold', async () => {
    at = await mountConsole(`/rounds/${round}/closing`, { api: showing({ ...fakeCounted(), closing: { ...fakeClosing(), signed_by: [], failure: 'the signature is wrong' } }) })
    expect(at.text('closed')).toContain('签名核验不过')
    expect(at.text('closed')).toContain('the signature is wrong')
  })
})

describe('a closing', () => {
  it('closes the round, whatever is still missing of it', async () => {
    const [item] = await createFakeConsole().rounds()
    if (!item) throw new Error('there is a round')
    expect(roundState(item).name).toBe('running')
    expect(roundState({ ...item, closed_at: 1 }).name).toBe('closed')
  })

  it('needs a reason unless it is the last due day', () => {
    expect(needsReason({ ...fakeCounted(), timing: 'on_time' })).toBe(false)
    expect(needsReason({ ...fakeCounted(), timing: 'late' })).toBe(true)
    expect(commandsOf('r', false)[0]?.text).toBe('xunjian round close r --draft closing.json')
  })

  it('tells its two sides apart by organisation, and counts what it leaves', () => {
    expect(sidesOf(fakeCounted()).map((side) => side.people.map((one) => one.name))).toEqual([['镕堃'], ['王䶮']])
    const left = Object.fromEntries(leftOf(fakeCounted()).map((one) => [one.key, one.count]))
    expect(left).toMatchObject({ not_counted: 1, gaps: 1, unreviewed: fakeCounted().totals.visits_delivered - 1 })
  })
})
