// Entry of `console.html`: what the central service serves to a browser.
import ConsoleShell from './console/ConsoleShell.vue'
import { createPages } from './mount'

createPages(ConsoleShell).mount('#page')
