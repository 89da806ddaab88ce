// The clocks of 5.3.2.7 and 5.3.2.8: who must answer until when, and when feedback is due again.
import type { Finding, Severity } from '@/gen'

export interface ClockRule {
  readonly respondMinutes: number
  readonly feedbackMinutes: number
  /** Key of the service hours. */
  readonly hours: 'always' | 'workdays'
}

export const clockOf = (severity: Severity): ClockRule | null => {
  if (severity === 'outage') return { respondMinutes: 5, feedbackMinutes: 30, hours: 'always' }
  return severity === 'degraded' ? { respondMinutes: 10, feedbackMinutes: 60, hours: 'workdays' } : null
}

/** Every call noted, in order, in Unix milliseconds. */
export const callsOf = (finding: Pick<Finding, 'desk_call' | 'later_calls'>): number[] => [...(finding.desk_call ? [finding.desk_call] : []), ...(finding.later_calls ?? [])].map((call) => call.at.wall_ms)

export interface Deadline {
  /** Somebody must respond, or there must be feedback. */
  readonly what: 'respond' | 'feedback'
  readonly at: number
  readonly isOver: boolean
}

/** What the clock waits for next: the first call, then feedback counted from the last one. */
export function deadlineOf(rule: ClockRule, foundAt: number, calls: readonly number[], now: number): Deadline {
  const last = calls.at(-1)
  const at = last === undefined ? foundAt + rule.respondMinutes * 60_000 : last + rule.feedbackMinutes * 60_000
  return { what: last === undefined ? 'respond' : 'feedback', at, isOver: now > at }
}
