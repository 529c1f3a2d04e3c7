// Package outbound sends one signed event to one endpoint, safely: to public addresses over verified TLS alone, within bounds of
// time and size, following no redirect, and keeping nothing of what is answered but the status. Trying again over days is the
// business of whoever keeps the deliveries.
package outbound
