// What is to be done next with a rectification, and by which commands. Steps are made at the service's command line, and signed
// by people on terminals of their own: the console signs for nobody.
import type { RectificationDetail } from '../api'

export type TaskKey = 'assign' | 'feedback' | 'acknowledge' | 'submit' | 'reinspect' | 'accept' | 'reject'

export interface Task {
  readonly key: TaskKey
  /** Where each is typed: at the service, or on the terminal of whoever signs. */
  readonly commands: readonly { readonly where: 'service' | 'terminal'; readonly text: string }[]
}

export function tasksOf(detail: RectificationDetail): Task[] {
  const { standing, evidence } = detail
  const id = standing.id.slice(0, 12)
  const service = (text: string) => ({ where: 'service', text }) as const
  const terminal = (text: string) => ({ where: 'terminal', text }) as const
  const signed = (key: TaskKey, flag: string, out: string, take: string): Task => ({
    key,
    commands: [service(`xunjian finding show ${id} --case case.json`), terminal(`xunjian-field finding case.json ${flag} --out ${out}`), service(`xunjian finding ${take} ${out}`)],
  })
  const feedback: Task = { key: 'feedback', commands: [service(`xunjian finding feedback ${id} --channel CHANNEL --text TEXT`)] }
  const acknowledge: Task = { key: 'acknowledge', commands: [service(`xunjian finding acknowledge ${id} --who NAME --channel CHANNEL`)] }
  const reinspect: Task = { key: 'reinspect', commands: [] }
  const accept = signed('accept', '--accept', 'closed.json', 'close')
  const reject = signed('reject', '--reject REASON', 'rejected.json', 'close')

  const tasks: Task[] = []
  if (standing.state === 'open' || standing.state === 'rejected') {
    if (standing.assigned_to === null) tasks.push({ key: 'assign', commands: [service(`xunjian finding assign ${id} --to NAME --note TEXT`)] })
    else tasks.push(signed('submit', '--submit TEXT', 'submitted.json', 'submit'))
    if (evidence.length > 0) tasks.push(accept)
  }
  if (standing.state === 'submitted') {
    tasks.push(...(evidence.length > 0 ? [accept] : [reinspect]), reject)
  }
  // The 使用方 may still be told, and confirm, after it is closed.
  const isDue = standing.deadlines.some((one) => one.due === 'feedback')
  if (standing.fed_back_at.length === 0 || isDue) tasks.push(feedback)
  if (standing.fed_back_at.length > 0 && standing.acknowledged_at === null) tasks.push(acknowledge)
  return tasks
}
