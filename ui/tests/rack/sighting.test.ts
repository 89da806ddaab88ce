import { describe, expect, it } from 'vitest'

import rackVisit from '@/backend/fake/visit-rack.json'
import type { LedgerEntry, Sighting } from '@/gen'
import { asInLedger, closingOf, groupOf, type RackAsset } from '@/rack/assets'
import { formOf, sightingOf } from '@/rack/sightForm'

const ledger = rackVisit.lines.find((line) => line.subject.ledger?.span)?.subject.ledger as LedgerEntry
const seenAs = (more: Partial<Sighting>): Sighting => ({ asset: ledger.id, by: 'scan', rack: ledger.rack, span: null, face: null, brand: null, model: null, serial: null, quantity: null, owning_unit: null, order_no: null, as_in_ledger: false, note: '', ...more })
const asset = (more: Partial<RackAsset> = {}): RackAsset => ({ id: ledger.id, ledger, sighting: null, verdicts: ['unverified'], detail: null, span: ledger.span, face: null, name: 'x', ...more })

describe('a sighting from the form', () => {
  it('says only what the inspector looked at: a wrong serial says nothing of the model', () => {
    const form = { ...formOf(asset()), kind: 'identity' as const, serial: 'OTHER' }
    expect(sightingOf(form, asset(), 42)).toMatchObject({ asset: { ledger: ledger.id }, serial: 'OTHER', brand: null, model: null, span: null, as_in_ledger: false })
  })

  it('is refused while nothing differs, and for units that the rack does not have', () => {
    const form = formOf(asset())
    expect(sightingOf({ ...form, kind: 'identity' }, asset(), 42)).toBe('unchanged')
    expect(sightingOf({ ...form, kind: 'place' }, asset(), 42)).toBe('unchanged')
    expect(sightingOf({ ...form, kind: 'place', low: 42, high: 43 }, asset(), 42)).toBe('units')
    expect(sightingOf({ ...form, kind: 'place', low: 5, high: 4 }, asset(), 42)).toBe('units')
    expect(sightingOf({ ...form, kind: 'quantity', quantity: null }, asset(), 42)).toBe('empty')
  })

  it('takes a slip back: “as in the ledger” overwrites what was noted otherwise and nothing else', () => {
    const slipped = { ...asset({ sighting: seenAs({ span: { low: 30, high: 31 }, serial: 'OTHER' }) }), ledger }
    expect(asInLedger(slipped)).toMatchObject({ as_in_ledger: true, span: ledger.span, serial: ledger.serial, model: null, quantity: null })
  })
})

describe('ending the count', () => {
  it('calls the scanned ones right, the unseen ones missing, and leaves what was only looked at', () => {
    const scanned = asset({ id: 'scanned', sighting: seenAs({}) })
    const unseen = asset({ id: 'unseen' })
    const byEye = asset({ id: 'by-eye', sighting: seenAs({ by: 'eye' }) })
    const wrong = asset({ id: 'wrong', verdicts: ['wrong_unit'], sighting: seenAs({}) })
    const { agree, missing, open } = closingOf([scanned, unseen, byEye, wrong])
    expect([agree, missing, open].map((list) => list.map((one) => one.id))).toEqual([['scanned'], ['unseen'], ['by-eye']])
  })

  it('groups by what is to do', () => {
    expect([groupOf(asset()), groupOf(asset({ verdicts: ['matches'] })), groupOf(asset({ verdicts: ['wrong_model', 'wrong_serial'] }))]).toEqual(['todo', 'done', 'differs'])
  })
})
