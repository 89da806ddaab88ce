// Entry of `console.html`: what the central service serves to a browser.
import './console/console.css'

import { consoleKey, openConsole } from './console/api'
import ConsoleShell from './console/ConsoleShell.vue'
import { createConsoleRoutes } from './console/routes'
import { createPages } from './mount'

createPages(ConsoleShell)
  .provide(consoleKey, await openConsole())
  .use(createConsoleRoutes())
  .mount('#page')
