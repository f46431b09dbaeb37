// The program that the benchmark deploys: large, as programs are that import a good deal of the standard library. Between two builds
// one line of answer changes.
package main

import (
	"archive/tar"
	"archive/zip"
	"compress/bzip2"
	"crypto/x509"
	"database/sql"
	"debug/dwarf"
	"debug/elf"
	"debug/gosym"
	"debug/macho"
	"debug/pe"
	"encoding/csv"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"expvar"
	"fmt"
	"go/build"
	"go/doc"
	"go/format"
	"go/importer"
	"go/types"
	"html/template"
	"image/gif"
	"image/jpeg"
	"image/png"
	"index/suffixarray"
	"log/slog"
	"log/syslog"
	"mime/multipart"
	"net/http"
	"net/http/cgi"
	"net/http/cookiejar"
	"net/http/fcgi"
	"net/http/httptest"
	"net/http/httputil"
	"net/http/pprof"
	"net/mail"
	"net/rpc"
	"net/rpc/jsonrpc"
	"net/smtp"
	"os"
	"os/signal"
	"regexp"
	"testing/fstest"
	"testing/quick"
	"text/scanner"
	"text/tabwriter"
	_ "time/tzdata"
	"unicode"
)

var page = template.Must(template.New("page").Parse(`<title>{{.}}</title>`))

// used keeps the linker from leaving out what a larger program would call.
var used = []any{
	zip.NewReader, x509.SystemCertPool, sql.Open, json.Marshal, xml.Marshal, expvar.Handler,
	jpeg.Decode, png.Decode, slog.NewJSONHandler, multipart.NewReader, &httputil.ReverseProxy{},
	pprof.Index, rpc.NewServer(), smtp.SendMail, regexp.MustCompile, tabwriter.NewWriter,
	elf.NewFile, (*dwarf.Data).Reader, gob.NewDecoder, build.Import, doc.NewFromFiles, format.Source, importer.Default, &types.Config{},
	jsonrpc.Dial, fstest.TestFS, tar.NewReader, bzip2.NewReader, macho.NewFile, pe.NewFile, gosym.NewTable, csv.NewReader, gif.Decode,
	cgi.Serve, fcgi.Serve, cookiejar.New, httptest.NewServer, mail.ReadMessage, signal.Notify, quick.Check, &scanner.Scanner{}, unicode.Scripts,
	suffixarray.New, syslog.New,
}

func answer(w http.ResponseWriter, request *http.Request) {
	_ = page.Execute(w, request.URL.Path)
}

func main() {
	http.HandleFunc("/", answer)
	fmt.Fprintln(os.Stderr, len(used), http.ListenAndServe("127.0.0.1:0", nil))
}
