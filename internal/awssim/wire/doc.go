// Package wire speaks AWS's wire protocols from AWS's own service models.
//
// A request is routed by its credential scope (Read), decoded by the model into a
// tree, validated against the model's constraints, and filled into the input
// struct of aws-sdk-go-v2; a method named after the operation is called with it,
// and its output or error goes back as the real service would send it (Call).
//
// The package knows no service: what a service does is the business of the value
// whose method is called, and a service is added by adding its model.
//
//	http.Request ─Read▶ Request ─Call▶ decode ▶ tree ▶ validate ▶ fill ▶ method
//	http response ◀─ Response ◀── encode ◀── output struct or error ◀──────┘
package wire

// The models come from botocore's data directory, named by BOTOCORE_DATA.
//
//go:generate go run ../../tools/trimmodels -out models
