package statements

// Connection is what a connection of the driver is able to do.
type Connection = connection
