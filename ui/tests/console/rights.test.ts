import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createFakeConsole } from '@/console/fake'

import { mountConsole, type Mounted } from './mountConsole'

describe('somebody who only reads', () => {
  let at: Mounted

  beforeEach(() => localStorage.clear())
  afterEach(() => at.page.unmount())

  it.each([
    ['/', ['verify-again']],
    ['/rounds', ['new-round']],
    ['/rounds/new', ['round-form']],
    ['/ledger', ['tab-ledger-import']],
    ['/ledger/import', ['ledger-files']],
    ['/labels', ['new-labels']],
    ['/labels/new', ['labels-form']],
    ['/people', ['new-person', 'enrol-person-rong']],
    ['/keys', ['admit', 'key-requests']],
  ] as const)('sees on %s none of the buttons that write', async (address, names) => {
    at = await mountConsole(address, { roles: ['auditor'] })
    expect(at.page.find('h1').exists(), 'the page itself is there').toBe(true)
    for (const name of names) expect(at.has(name), name).toBe(false)
    at.page.unmount()
    at = await mountConsole(address, { roles: ['administrator'] })
    for (const name of names) expect(at.has(name), `${name} for an administrator`).toBe(true)
  })

  it('sees the visits without ticks', async () => {
    const round = (await createFakeConsole().rounds())[0]?.round.id
    at = await mountConsole(`/rounds/${round}`, { roles: ['auditor'] })
    expect(at.page.findAll('[data-testid="visits-table"] tbody tr').length).toBeGreaterThan(5)
    expect(at.has('assign')).toBe(false)
    expect(at.page.findAll('[data-testid^="pick-"]')).toHaveLength(0)
    expect(at.text('who')).toContain('只读')
  })
})
