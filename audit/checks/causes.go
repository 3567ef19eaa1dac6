package checks

import (
	"sync"

	"sshaudit/audit"
)

// cause is a row of the causes that only a login meets and no audit of all
// accounts looks for.
type cause struct {
	id       string
	layer    audit.Layer
	severity audit.Severity
	client   audit.ClientWords
	title    string
	why      string
	repair   string
	customer string
}

// doc is the row as an entry of the catalogue.
func (c *cause) doc() audit.Doc {
	return audit.Doc{
		ID: c.id, Title: c.title, Why: c.why, Repair: c.repair, Severity: c.severity, Effect: audit.Blocks,
		Layer: c.layer, Client: c.client, Customer: c.customer,
	}
}

// Causes returns the catalogue's entries for what only `why` looks for: every
// other cause of the decision path, in the order in which a login meets them.
var Causes = sync.OnceValue(func() []audit.Doc {
	var docs []audit.Doc
	for _, table := range [][]cause{connectionCauses, accountCauses, keyCauses, certificateCauses, sessionCauses, evidenceCauses, clientCauses, ftpCauses} {
		for i := range table {
			if Find(table[i].id) == nil {
				docs = append(docs, table[i].doc())
			}
		}
	}
	return docs
})

// Explain returns the catalogue's entry for a check or a cause, with the words
// of clients and for the customer.
func Explain(id string) (audit.Doc, bool) { doc, ok := entries()[id]; return doc, ok }

var entries = sync.OnceValue(func() map[string]audit.Doc {
	m := make(map[string]audit.Doc)
	for _, d := range Causes() {
		m[d.ID] = d
	}
	for _, d := range Docs() {
		if words, ok := spoken[d.ID]; ok && d.Customer == "" {
			d.Client, d.Customer = words.client, words.customer
		}
		m[d.ID] = d
	}
	return m
})

// words are what a check that has a row of its own is told clients and customers in.
type words struct {
	client   audit.ClientWords
	customer string
}

// spoken holds the words of the checks that are causes too.
var spoken = func() map[string]words {
	m := map[string]words{
		"config-invalid":      {noConnection, ourFault},
		"config-not-reloaded": {permissionDenied, ourFault},
		"name-not-found": {noHost, "The name of the server that you entered does not exist. Please check its spelling; if it is right, tell us, " +
			"and use the address meanwhile."},
		"name-elsewhere": {noAnswer, "The name of the server leads to another machine than ours. Please check the name in your program against " +
			"the one that we gave you."},
		"ftpd-not-running":        {ftpNoConnection, ourFault},
		"ftpd-config-invalid":     {ftpNoConnection, ourFault},
		"ftpd-certificate-broken": {ftpNoConnection, ourFault},
		"no-hostkeys":             {noConnection, ourFault},
		"hostkey-unusable":        {noNegotiation, ourFault},
		"privsep-dir":             {reset, ourFault},
		"akc-missing":             {permissionDenied, ourFault},
		"akc-unsafe":              {permissionDenied, ourFault},
		"akf-bad-token":           {closed, ourFault},
		"akf-path-too-long":       {closed, ourFault},
		"ak-private-key": {permissionDenied, "A private key was entered where the public key belongs. Please make a new key pair, because this one is no longer secret, " +
			"and send us only the public half."},
		"ak-ppk": {permissionDenied, "The whole PuTTY key file was entered where only the public half belongs. Open it in PuTTYgen and send us the text of the field " +
			"\"Public key for pasting\". If others can have seen the file, make a new key."},
		"ak-from":              {permissionDenied, "Your key is allowed from certain addresses only, and yours is not among them. Tell us the address you connect from, and we add it."},
		"ak-expired":           {permissionDenied, "The time for which your key was allowed has passed. Ask us to extend it."},
		"ak-ca-flag":           {permissionDenied, lineFault},
		"key-alg-not-accepted": {permissionDenied, newKey},
		"key-rsa-too-small":    {permissionDenied, newKey},
		"ak-rsa-tiny":          {permissionDenied, newKey},
	}
	for _, id := range []string{"akf-strict-file", "akf-strict-dir", "akf-unreadable", "akf-not-regular"} {
		m[id] = words{permissionDenied, keyFileFault}
	}
	for _, c := range keyLines {
		if _, known := m[c.ID]; !known {
			m[c.ID] = words{permissionDenied, lineFault}
		}
	}
	return m
}()
