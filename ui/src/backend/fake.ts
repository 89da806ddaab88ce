// The backend of the tests and of a bare browser in development. It answers from memory and can be told to fail.
import type { AppInfo, Backend } from '.'

export interface FakeAnswers {
  readonly appInfo?: AppInfo | Error
}

export function createFakeBackend(answers: FakeAnswers = {}): Backend {
  const appInfo = answers.appInfo ?? { version: '0.0.0-fake', identifier: 'cn.xunjian.fake' }
  return {
    appInfo: () => (appInfo instanceof Error ? Promise.reject(appInfo) : Promise.resolve(appInfo)),
  }
}
