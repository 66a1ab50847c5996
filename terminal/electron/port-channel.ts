/** The one IPC channel between the main process and the preload: the preload asks for its message port here, and gets it here. */
export const PORT_CHANNEL = 'stillpoint:port'
/** The same for the customer's display. */
export const CUSTOMER_CHANNEL = 'stillpoint:customer'
