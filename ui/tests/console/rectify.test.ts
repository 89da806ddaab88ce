import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createFakeConsole } from '@/console/fake'
import { fakeRectifications } from '@/console/fake/rectify'
import { tasksOf } from '@/console/rectify/next'
import { dueOf } from '@/console/rectify/standing'

import { mountConsole, type Mounted, settle } from './mountConsole'

const [late, rejected, looked, closed, waiting] = fakeRectifications() as [ReturnType<typeof fakeRectifications>[number], ...ReturnType<typeof fakeRectifications>[number][]]
const keysOf = (one: typeof late | undefined): string[] => (one ? tasksOf(one).map((task) => task.key) : [])

describe('what comes next', () => {
  it('follows from how it stands, and from what shows that it is put right', () => {
    expect(keysOf(late), 'nobody has it').toEqual(['assign', 'feedback'])
    expect(keysOf(rejected), 'it is open again').toEqual(['submit', 'acknowledge'])
    expect(keysOf(waiting), 'nothing shows it yet').toEqual(['reinspect', 'reject', 'feedback'])
    expect(keysOf(looked), 'somebody looked at it again').toEqual(['accept', 'reject', 'acknowledge'])
    expect(keysOf(closed), 'accepted and confirmed').toEqual([])
  })

  it('is told as the commands that the programs take', () => {
    const texts = looked ? tasksOf(looked)[0]?.commands.map((command) => command.text) : []
    expect(texts).toEqual(['xunjian finding show 3c3c3c3c3c3c --case case.json', 'xunjian-field finding case.json --accept --out closed.json', 'xunjian finding close closed.json'])
  })
})

describe('what is due', () => {
  it('is the day that somebody wrote down, or the moment of a clock', () => {
    const [day] = dueOf(late.standing, Date.parse('2026-01-06T12:00:00+08:00'))
    expect(day).toMatchObject({ due: 'rectification', day: '2026-01-05', isLate: true, ms: 12 * 3_600_000 })
    const [early] = dueOf(late.standing, Date.parse('2026-01-05T23:00:00+08:00'))
    expect(early).toMatchObject({ isLate: false, ms: 3_600_000 })
  })
})

describe('rectifications', () => {
  let at: Mounted
  beforeEach(() => localStorage.clear())
  afterEach(() => at.page.unmount())

  const total = (name: string): string | undefined => at.page.get(`[data-testid="${name}-total"]`).attributes('data-total')

  it('are narrowed down by how they stand, and say by sign and word that they are late', async () => {
    at = await mountConsole('/rectifications')
    expect(total('rectifications')).toBe('5')
    expect(at.page.findAll('[data-testid="late"]')).toHaveLength(1)
    expect(at.text('late')).toMatch(/^!\s*已逾期/)
    for (const [state, count] of [['open', '1'], ['submitted', '2'], ['rejected', '1'], ['accepted', '1'], ['overdue', '1']] as const) {
      await at.page.get('[data-testid="filter-state"]').setValue(state)
      await settle()
      expect(total('rectifications'), state).toBe(count)
    }
  })

  it('name the indicator that they keep down', async () => {
    at = await mountConsole('/rectifications?failing=response_in_time')
    expect(at.text('failing')).toContain('响应时效')
  })

  it('show each step with who and when, what shows it, and what to do', async () => {
    at = await mountConsole(`/rectifications/${looked?.standing.id}`)
    expect(at.page.get('[data-testid="standing"]').attributes('data-state')).toBe('submitted')
    expect(at.page.findAll('[data-testid="steps"] > ol > li')).toHaveLength(4)
    expect(at.text('step-submitted')).toContain('孙䶮')
    expect(at.text('step-submitted')).toContain('本人签名')
    expect(at.text('step-opened')).toContain('服务签名')
    expect(at.text('evidence-follow_up')).toContain('复查：已整改')
    expect(at.text('task-accept')).toContain('监理方或管理方的复核人员')
    expect(at.page.findAll('[data-testid^="photo-"]').length, 'one before, one after').toBe(2)
    expect(at.page.get('[data-testid="source-record"]').attributes('href')).toContain('#/records/')
  })

  it('open their photos large', async () => {
    at = await mountConsole(`/rectifications/${looked?.standing.id}`)
    await at.page.get('[data-testid="after"] [data-testid^="photo-"]').trigger('click')
    await settle()
    expect(document.querySelector('[data-testid="photo-place"]')?.textContent).toContain('第 1 张')
  })

  it('have nothing left to do once they are closed and confirmed', async () => {
    at = await mountConsole(`/rectifications/${closed?.standing.id}`)
    expect(at.text('next')).toContain('没有要做的事')
    expect(at.text('after')).toContain('据此通过')
    expect(at.text('step-accepted')).toContain('复查：已整改')
  })

  it('that nobody opened say what is missing, and how they are opened', async () => {
    at = await mountConsole('/rectifications/unopened')
    expect(Number(total('unopened'))).toBeGreaterThan(0)
    expect(at.text('unopened-table')).toContain('缺归属单位')
    expect(at.text('unopened-table')).toContain('缺期限')
    expect(at.text('open-command')).toContain('xunjian finding open')
  })

  it('say what to do while there are none', async () => {
    const api = createFakeConsole()
    const none = async () => ({ items: [], next: null, total: 0 })
    at = await mountConsole('/rectifications', { api: new Proxy(api, { get: (target, name: keyof typeof api) => (name === 'rectifications' ? none : target[name]) }) })
    expect(at.text('empty')).toContain('待立项')
  })

  it('leave as a file in the form that was asked for', async () => {
    const api = createFakeConsole()
    const asked: string[] = []
    const told = new Proxy(api, {
      get: (target, name: keyof typeof api) =>
        name === 'exportRectifications'
          ? async (round: string, format: string) => {
              asked.push(`${round} ${format}`)
              return new Blob([''])
            }
          : target[name],
    })
    at = await mountConsole('/rectifications?round=r1', { api: told })
    await at.press('export-csv')
    await at.press('export-json')
    expect(asked).toEqual(['r1 csv', 'r1 json'])
  })
})
