// The backend inside the app's window: each method is one command of the Tauri shell.
import { invoke } from '@tauri-apps/api/core'

import type { AppInfo, Backend } from '.'

export function createTauriBackend(): Backend {
  return {
    appInfo: () => invoke<AppInfo>('app_info'),
  }
}
