// Package story plays one story on a running stack, as the invented people of the development issuer would live it: a near-fatal
// overdose, an ambulance crew that refers, a responder who does not answer, the next who does, consent, a place held, paid for,
// accepted, a stay, what comes after it; then a withdrawal, and what each partner can see before it and after. Everything goes
// through GraphQL, with a token for each person, but the money, a fund that is applied with kubectl's rights, as a platform admin
// would; and on the way it looks at which events came to the software of partners, and that none came that is not for them.
package story
