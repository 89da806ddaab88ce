// The one border between the pages and whatever keeps the data. The app speaks to the Tauri shell, the tests and a bare
// browser in development speak to the fake, and the console will speak HTTP: pages only ever see this interface.
import { isTauri } from '@tauri-apps/api/core'
import { inject, type InjectionKey } from 'vue'

/** What the app says about itself; the counterpart of `AppInfo` in `src-tauri/src/commands.rs`. */
export interface AppInfo {
  readonly version: string
  readonly identifier: string
}

export interface Backend {
  /** The version and the identifier of the running program. */
  appInfo(): Promise<AppInfo>
}

export const backendKey: InjectionKey<Backend> = Symbol('backend')

/** The backend that the entry provided to its pages. */
export function useBackend(): Backend {
  const backend = inject(backendKey)
  if (!backend) throw new Error('No backend was provided: each entry and each test provides one under backendKey.')
  return backend
}

/** Chooses the backend of the app entry. A bare browser gets the fake in development only, never in a build. */
export async function openBackend(): Promise<Backend> {
  if (import.meta.env.DEV && !isTauri()) return (await import('./fake')).createFakeBackend()
  return (await import('./tauri')).createTauriBackend()
}
