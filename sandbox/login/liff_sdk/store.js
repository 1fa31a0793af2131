// A stand-in for LINE's LIFF SDK with its manners and its traps; written from its documentation.
// Inside LINE tokens live in sessionStorage, outside in localStorage, both under LIFF_STORE:.

var sandbox = new URL(document.currentScript.src).origin;
var IN_CLIENT = "LIFF_STORE:isInClient";
var TOKENS = ["access_token", "context_token", "feature_token", "id_token", "client_id", "expires"];
var liffId = null;

function LiffError(code, message) {
  var error = new Error(message);
  error.name = "LiffError";
  error.code = code;
  return error;
}

function isInClient() {
  return sessionStorage.getItem(IN_CLIENT) === "1";
}

function storage() {
  return isInClient() ? sessionStorage : localStorage;
}

function slot(name) {
  return "LIFF_STORE:" + liffId + ":" + name;
}

function load(name) {
  return liffId === null ? null : storage().getItem(slot(name));
}

function save(name, value) {
  storage().setItem(slot(name), value);
}

function forget() {
  TOKENS.forEach(function (name) {
    storage().removeItem(slot(name));
  });
}

function readJwt(token) {
  var middle = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
  var bytes = Uint8Array.from(atob(middle), function (character) {
    return character.charCodeAt(0);
  });
  return JSON.parse(new TextDecoder().decode(bytes));
}

function context() {
  var token = load("context_token");
  return token ? readJwt(token) : null;
}

function tellPhone(message) {
  if (window.parent !== window) {
    window.parent.postMessage(message, "*");
  }
}

// LINE's bar shows the title of every page, also of one that never calls init.
var announced = null;
function announceTitle() {
  if (document.title !== announced) {
    announced = document.title;
    tellPhone({ liff: "title", title: announced });
  }
}

function ask(path, options) {
  return fetch(sandbox + path, options).then(function (answer) {
    return answer.text().then(function (text) {
      if (!answer.ok) {
        throw LiffError(String(answer.status), text);
      }
      return text ? JSON.parse(text) : {};
    });
  });
}

// A call in the signed-in person's name.
function call(path, options) {
  var token = load("access_token");
  if (!token) {
    return Promise.reject(LiffError("UNAUTHORIZED", "Need access_token for api call"));
  }
  var request = Object.assign({}, options);
  request.headers = Object.assign({ Authorization: "Bearer " + token }, request.headers);
  return ask(path, request);
}
