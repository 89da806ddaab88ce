// What the service refused, as a page shows it and acts on it.
import { BackendError } from '@/backend/error'

export class ConsoleError extends BackendError {
  constructor(
    /** HTTP status; 0 when there was no answer at all. */
    readonly status: number,
    /** The problem's number, e.g. `409.1`; empty without one. */
    readonly number: string,
    readonly title: string,
    readonly detail: string,
  ) {
    const text = [title, detail].filter(Boolean).join(title.endsWith('。') || title.endsWith('.') ? ' ' : ': ')
    // The service speaks the page's language already, so both hold the same words.
    super(status === 0 ? 'unreachable' : 'problem', { zh: text, en: text }, [], status === 0 || status >= 500)
  }

  /** Nobody is logged in any more. */
  get isExpired(): boolean {
    return this.status === 401
  }
}

/** Whether this failure says that nobody is logged in any more. */
export function isExpiry(error: unknown): boolean {
  return error instanceof ConsoleError && error.isExpired
}

/** The service could not be reached. Made here, because the service cannot say it. */
export function unreachable(): ConsoleError {
  const english = document.documentElement.lang === 'en'
  return english
    ? new ConsoleError(0, '', 'The service does not answer.', 'Check the network, then try again. Nothing you typed was lost.')
    : new ConsoleError(0, '', '中心服务没有应答。', '请检查网络后重试，已填写的内容没有丢失。')
}
