// How each verdict of the reconciliation shows. The words are common.verdict.*; WrongRack and WrongUnit differ in the word.
import type { RackTone } from '@/parts/rackGeometry'
import type { Verdict } from '@/gen'

export interface Look {
  readonly sign: string
  readonly tone: RackTone
}

export const looks: Record<Verdict, Look> = {
  matches: { sign: '✓', tone: 'normal' },
  wrong_rack: { sign: '⇄', tone: 'abnormal' },
  wrong_unit: { sign: '⇄', tone: 'abnormal' },
  wrong_model: { sign: '≠', tone: 'abnormal' },
  wrong_brand: { sign: '≠', tone: 'abnormal' },
  wrong_serial: { sign: '≠', tone: 'abnormal' },
  wrong_owner: { sign: '≠', tone: 'abnormal' },
  wrong_order: { sign: '≠', tone: 'abnormal' },
  wrong_quantity: { sign: '≠', tone: 'abnormal' },
  missing: { sign: '✕', tone: 'abnormal' },
  not_in_ledger: { sign: '+', tone: 'wait' },
  unverified: { sign: '·', tone: 'none' },
}

export const lookOf = (verdicts: readonly Verdict[]): Look => looks[verdicts[0] ?? 'unverified']
