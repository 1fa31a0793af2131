// init: tokens from LINE's hash or for a returned code, the context, then liff.state's page.

// Put there by LINE for the SDK; it takes them out of the address once it has read them.
var LINES_OWN = ["code", "state", "liffClientId", "liffRedirectUri", "error", "error_description"];

function cleanAddress() {
  var address = new URL(location.href);
  LINES_OWN.forEach(function (name) {
    address.searchParams.delete(name);
  });
  address.hash = "";
  history.replaceState(history.state, "", address.pathname + address.search);
}

function takeTokensFromHash() {
  var hash = new URLSearchParams(location.hash.slice(1));
  if (!hash.has("access_token")) {
    return;
  }
  if (hash.get("client_id") !== liffId.split("-")[0]) {
    throw LiffError("INVALID_ARGUMENT", "client_id of the hash is not that of the liffId");
  }
  // The sandbox's own mark: a browser outside LINE that was handed its tokens all the same.
  sessionStorage.setItem(IN_CLIENT, hash.has("external") ? "0" : "1");
  forget();
  TOKENS.forEach(function (name) {
    if (hash.has(name)) {
      save(name, hash.get(name));
    }
  });
  cleanAddress();
}

function refuseDenied() {
  var query = new URLSearchParams(location.search);
  if (query.has("error") && query.has("liffOAuth2Error")) {
    var text = query.get("error") + ": " + (query.get("error_description") || "");
    throw LiffError("INIT_FAILED", text);
  }
}

function exchangeCode() {
  var query = new URLSearchParams(location.search);
  var verifier = localStorage.getItem(slot("verifier"));
  if (!query.has("code") || !query.has("liffClientId") || !verifier || load("access_token")) {
    return Promise.resolve();
  }
  localStorage.removeItem(slot("verifier"));
  var form = new URLSearchParams({
    grant_type: "authorization_code",
    client_id: query.get("liffClientId"),
    appId: liffId,
    code: query.get("code"),
    code_verifier: verifier,
    redirect_uri: query.get("liffRedirectUri"),
    id_token_key_type: "JWK",
  });
  return ask("/oauth2/v2.1/token", { method: "POST", body: form }).then(function (tokens) {
    save("client_id", query.get("liffClientId"));
    save("access_token", tokens.access_token);
    save("expires", String(Date.now() + 1000 * tokens.expires_in));
    if (tokens.id_token) {
      save("id_token", tokens.id_token);
    }
    cleanAddress();
  });
}

function fetchContext() {
  if (isInClient()) {
    return Promise.resolve();
  }
  var token = load("access_token");
  var headers = token ? { Authorization: "Bearer " + token } : {};
  var path = "/liff/v2/apps/" + encodeURIComponent(liffId) + "/contextToken";
  return ask(path, { headers: headers }).then(function (answer) {
    save("context_token", answer.contextToken);
  });
}

// The endpoint's path and query, then liff.state's.
function secondaryUrl(state) {
  var base = new URL(context().endpointUrl);
  var extra = new URL(state.replace(/^(?=[^/])/, "/"), location.origin);
  var search = [base.search.slice(1), extra.search.slice(1)].filter(Boolean).join("&");
  var path = base.pathname.replace(/\/$/, "") + extra.pathname;
  return base.origin + path + (search ? "?" + search : "") + extra.hash;
}

function base64Url(bytes) {
  var text = String.fromCharCode.apply(null, new Uint8Array(bytes));
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

function goToLogin(redirectUri) {
  var verifier = base64Url(crypto.getRandomValues(new Uint8Array(32)));
  localStorage.setItem(slot("verifier"), verifier);
  crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)).then(function (digest) {
    var query = new URLSearchParams({
      app_id: liffId,
      state: base64Url(crypto.getRandomValues(new Uint8Array(9))),
      response_type: "code",
      code_challenge_method: "S256",
      code_challenge: base64Url(digest),
      liff_sdk_version: VERSION,
    });
    if (redirectUri) {
      query.set("redirect_uri", redirectUri);
    }
    location.assign(sandbox + "/liff/v1/authorize?" + query);
  });
}

// Resolves with whether the page stays; where it is being left, LINE's promise stays open.
function begin(config) {
  if (!config || typeof config.liffId !== "string" || config.liffId === "") {
    throw LiffError("INVALID_CONFIG", "liffId is necessary for liff.init()");
  }
  liffId = config.liffId;
  takeTokensFromHash();
  refuseDenied();
  if (!isInClient() && load("expires") && Date.now() > Number(load("expires"))) {
    forget();
  }
  return exchangeCode()
    .then(fetchContext)
    .then(function () {
      var state = new URLSearchParams(location.search).get("liff.state");
      if (state && secondaryUrl(state) !== location.href) {
        location.replace(secondaryUrl(state));
        return false;
      }
      if (config.withLoginOnExternalBrowser && !load("access_token")) {
        goToLogin();
        return false;
      }
      return true;
    });
}
