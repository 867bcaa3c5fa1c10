package wire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"runtime/debug"
	"strconv"
	"sync"

	"github.com/aws/smithy-go"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// Response is a whole answer.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// ErrorCode is the code on the wire, "" for a success.
	ErrorCode string
	// Created identifies what the call has made: ids, ARNs and names.
	Created []string
}

// handler is the method of a service that carries out an operation.
type handler struct {
	method int          // its number in the service's type
	input  reflect.Type // the SDK's input struct
}

type handlerKey struct {
	service   reflect.Type
	operation string
}

var handlers sync.Map // handlerKey → *handler, nil where there is none

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

// handlerOf finds func(context.Context, *XInput) (*XOutput, error) named X.
func handlerOf(service reflect.Type, operation string) *handler {
	key := handlerKey{service, operation}
	if known, found := handlers.Load(key); found {
		h, _ := known.(*handler)
		return h
	}
	var h *handler
	if method, found := service.MethodByName(operation); found {
		t := method.Type // the receiver comes first
		if t.NumIn() == 3 && t.In(1) == contextType && t.In(2).Kind() == reflect.Pointer && t.In(2).Elem().Name() == operation+"Input" &&
			t.NumOut() == 2 && t.Out(1) == errorType {
			h = &handler{method: method.Index, input: t.In(2).Elem()}
		}
	}
	handlers.Store(key, h)
	return h
}

// Operations returns the names of a service's modelled operations.
func Operations(service string) []string {
	var names []string
	if m := loaded()[service]; m != nil {
		for name := range m.operations {
			names = append(names, name)
		}
	}
	return names
}

// Handles reports whether the service value has a method for the operation.
func Handles(service any, operation string) bool {
	return handlerOf(reflect.TypeOf(service), operation) != nil
}

// Call carries the request out on the service value and encodes the answer. A
// request with a Problem is answered with it.
func (r *Request) Call(ctx context.Context, service any, requestID string) *Response {
	response, _ := r.call(ctx, service, requestID, nil)
	return response
}

// call is Call as if what unseen identifies did not exist, and reports whether
// that made a difference.
func (r *Request) call(ctx context.Context, service any, requestID string, unseen map[string]bool) (response *Response, different bool) {
	if r.Problem != nil {
		return r.Refuse(r.Problem, requestID), false
	}
	var h *handler
	if service != nil {
		h = handlerOf(reflect.TypeOf(service), r.Operation)
	}
	if h == nil {
		return r.Refuse(notImplemented("The operation %s of %s is not simulated", r.Operation, r.Service), requestID), false
	}
	in := reflect.New(h.input)
	if r.op.input != nil {
		if err := fill(r.op.input, r.input, in.Elem()); err != nil {
			return r.Refuse(notImplemented("%v", err), requestID), false
		}
	}
	disguised := disguise(in, unseen)
	out, err := invoke(ctx, reflect.ValueOf(service).Method(h.method), in, r.Operation)
	if err == nil && r.DryRun() && r.reads() {
		// Handlers that change something end a dry run themselves, before the change.
		err = apierr.WithStatus(http.StatusPreconditionFailed, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
	}
	if err != nil {
		response = r.Refuse(err, requestID)
	} else {
		removed := removeUnseen(out, unseen)
		response = r.answer(out, requestID)
		response.Created = r.created(in, out)
		different = removed
	}
	return undisguise(response, disguised), different || len(disguised) > 0
}

// invoke calls the method. A panic in it is the simulator's fault, answered as
// such: the process must outlive it.
func invoke(ctx context.Context, method, in reflect.Value, operation string) (out reflect.Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(os.Stderr, "awssim: panic in %s: %v\n%s", operation, p, debug.Stack())
			err = apierr.WithStatus(http.StatusInternalServerError, "InternalFailure", "panic in the simulator's %s: %v", operation, p)
		}
	}()
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), in})
	if problem, failed := results[1].Interface().(error); failed {
		return reflect.Value{}, problem
	}
	if results[0].IsNil() {
		return reflect.Value{}, errors.New(operation + " returned neither output nor error")
	}
	return results[0], nil
}

func (r *Request) answer(out reflect.Value, requestID string) *Response {
	w := r.reply(requestID)
	r.protocol.encode(w, r.model, r.op, out)
	return w.response(r.op.status)
}

// Refuse encodes an error as the request's protocol does.
func (r *Request) Refuse(err error, requestID string) *Response {
	e, exception := asAPIError(err)
	e.Code = cmp.Or(ownCodes[r.Service+"."+e.Code], e.Code)
	detail := r.exceptionShape(e.Code)
	if detail != nil {
		e.Code = detail.errorCode
		e.Status = cmp.Or(e.Status, detail.status)
	}
	if e.Status == 0 {
		e.Status = http.StatusBadRequest
		if e.Fault == smithy.FaultServer {
			e.Status = http.StatusInternalServerError
		}
	}
	w := r.reply(requestID)
	r.protocol.encodeError(w, r.model, &e, detail, exception)
	for name, value := range e.Header {
		w.header.Set(name, value)
	}
	response := w.response(e.Status)
	response.ErrorCode = e.Code
	return response
}

// asAPIError finds the service error in err and, if it is one of the SDK's typed
// exceptions, its struct. Any other error is a fault of the simulator.
func asAPIError(err error) (e apierr.Error, exception reflect.Value) {
	var known *apierr.Error
	if errors.As(err, &known) {
		return *known, reflect.Value{}
	}
	var typed smithy.APIError
	if errors.As(err, &typed) {
		return apierr.Error{Code: typed.ErrorCode(), Message: typed.ErrorMessage(), Fault: typed.ErrorFault()}, reflect.ValueOf(typed)
	}
	return *apierr.WithStatus(http.StatusInternalServerError, "InternalFailure", "%v", err), reflect.Value{}
}

// exceptionShape finds a modelled exception by its name or its code, which a
// handler may both use; by its code among the operation's own only, because
// exceptions of different operations may share one.
func (r *Request) exceptionShape(code string) *shape {
	if r.op == nil {
		return nil
	}
	if s := r.model.shapes[code]; s != nil && s.errorCode != "" {
		return s
	}
	for _, s := range r.op.errors {
		if s.errorCode == code {
			return s
		}
	}
	return nil
}

func (r *Request) reply(requestID string) *reply {
	w := &reply{header: http.Header{}, requestID: requestID, head: r.head}
	w.header.Set("Content-Type", r.protocol.contentType(r.model))
	w.header.Set(cmp.Or(requestIDs[r.Service], "X-Amzn-Requestid"), requestID)
	return w
}

func (w *reply) response(status int) *Response {
	if w.head { // of which the header may say how long the body of another answer is
		return &Response{Status: status, Header: w.header}
	}
	w.header.Set("Content-Length", strconv.Itoa(w.Len()))
	return &Response{Status: status, Header: w.header, Body: w.Bytes()}
}
