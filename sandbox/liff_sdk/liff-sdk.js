// A stand-in for LINE's LIFF SDK with its manners and its traps; written from its documentation.
(function () {
  "use strict";

  var sandbox = new URL(document.currentScript.src).origin;
  var TOKENS = ["access_token", "context_token", "feature_token", "id_token", "client_id"];
  var liffId = null;
  var announced = null;
  var settle = {};
  var ready = new Promise(function (resolve, reject) {
    settle = { resolve: resolve, reject: reject };
  });
  ready.catch(function () {});

  function LiffError(code, message) {
    var error = new Error(message);
    error.name = "LiffError";
    error.code = code;
    return error;
  }

  function slot(name) {
    return "LIFF_STORE:" + liffId + ":" + name;
  }

  function load(name) {
    return liffId === null ? null : sessionStorage.getItem(slot(name));
  }

  function save(name, value) {
    sessionStorage.setItem(slot(name), value);
  }

  function forget() {
    TOKENS.concat("in_client", "endpoint").forEach(function (name) {
      sessionStorage.removeItem(slot(name));
    });
  }

  function readJwt(token) {
    var middle = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    var bytes = Uint8Array.from(atob(middle), function (character) {
      return character.charCodeAt(0);
    });
    return JSON.parse(new TextDecoder().decode(bytes));
  }

  function takeTokensFromHash() {
    var hash = new URLSearchParams(location.hash.slice(1));
    if (!hash.has("access_token")) {
      return;
    }
    if (hash.get("client_id") !== liffId.split("-")[0]) {
      throw LiffError("INVALID_ARGUMENT", "client_id of the hash is not that of the liffId");
    }
    forget();
    TOKENS.forEach(function (name) {
      if (hash.has(name)) {
        save(name, hash.get(name));
      }
    });
    save("in_client", hash.has("external") ? "0" : "1");
    history.replaceState(history.state, "", location.pathname + location.search);
  }

  function context() {
    var token = load("context_token");
    return token ? readJwt(token) : null;
  }

  function endpoint() {
    var known = context();
    return new URL(known ? known.endpointUrl : location.origin + location.pathname);
  }

  // The endpoint's path, then liff.state's; the queries of both, without liff.* of the first.
  function secondaryUrl(state) {
    var base = endpoint();
    var extra = new URL(state.replace(/^(?=[^/])/, "/"), location.origin);
    var query = new URLSearchParams(location.search);
    Array.from(query.keys()).forEach(function (key) {
      if (key.indexOf("liff.") === 0) {
        query.delete(key);
      }
    });
    extra.searchParams.forEach(function (value, key) {
      query.append(key, value);
    });
    var path = base.pathname.replace(/\/$/, "") + (extra.pathname === "/" ? "/" : extra.pathname);
    var search = query.toString();
    return base.origin + path + (search ? "?" + search : "") + extra.hash;
  }

  // LINE's bar shows the title of every page, also of one that never calls init.
  function announceTitle() {
    if (document.title !== announced) {
      announced = document.title;
      tellPhone({ liff: "title", title: announced });
    }
  }

  function tellPhone(message) {
    if (window.parent !== window) {
      window.parent.postMessage(message, "*");
    }
  }

  function begin(config) {
    if (!config || typeof config.liffId !== "string" || config.liffId === "") {
      throw LiffError("INVALID_CONFIG", "liffId is necessary for liff.init()");
    }
    liffId = config.liffId;
    takeTokensFromHash();
    var state = new URLSearchParams(location.search).get("liff.state");
    if (state) {
      location.replace(secondaryUrl(state));
      return false;
    }
    if (config.withLoginOnExternalBrowser && !liff.isLoggedIn()) {
      liff.login();
      return false;
    }
    return true;
  }

  function call(path, options) {
    if (!liff.isLoggedIn()) {
      return Promise.reject(LiffError("UNAUTHORIZED", "Need access_token for api call"));
    }
    var request = Object.assign({}, options);
    request.headers = Object.assign(
      { Authorization: "Bearer " + liff.getAccessToken() },
      request.headers
    );
    return fetch(sandbox + path, request).then(function (answer) {
      if (answer.ok) {
        return answer.json();
      }
      return answer.text().then(function (text) {
        throw LiffError(String(answer.status), text);
      });
    });
  }

  var granted = ["openid", "profile", "chat_message.write"];
  var liff = {
    id: null,
    ready: ready,

    init: function (config, onSuccess, onFailure) {
      var done = new Promise(function (resolve) {
        if (begin(config)) {
          liff.id = liffId;
          announceTitle();
          resolve();
        }
        // Otherwise the page is being left: like LINE's, the promise stays open.
      });
      done.then(settle.resolve, settle.reject);
      if (onSuccess || onFailure) {
        done.then(onSuccess, onFailure);
      }
      return done;
    },

    isLoggedIn: function () {
      return load("access_token") !== null;
    },

    isInClient: function () {
      return load("in_client") === "1";
    },

    login: function (config) {
      if (liff.isInClient()) {
        return;
      }
      var back = (config && config.redirectUri) || location.href;
      location.assign(sandbox + "/liff/authorize?redirect_uri=" + encodeURIComponent(back));
    },

    logout: forget,

    // The trap of the real one: an expired token is handed out all the same.
    getIDToken: function () {
      return load("id_token");
    },

    getDecodedIDToken: function () {
      var token = load("id_token");
      return token ? readJwt(token) : null;
    },

    getAccessToken: function () {
      return load("access_token");
    },

    getProfile: function () {
      return call("/v2/profile");
    },

    getFriendship: function () {
      return call("/friendship/v1/status");
    },

    getContext: function () {
      return liff.isInClient() ? context() : { type: "external", liffId: liffId };
    },

    getOS: function () {
      if (/iPhone|iPad|iPod/.test(navigator.userAgent)) {
        return "ios";
      }
      return /Android/.test(navigator.userAgent) ? "android" : "web";
    },

    getLanguage: function () {
      return navigator.language;
    },

    getAppLanguage: function () {
      return navigator.language;
    },

    getVersion: function () {
      return "2.31.0";
    },

    getLineVersion: function () {
      return liff.isInClient() ? "15.12.0" : null;
    },

    isApiAvailable: function (name) {
      return name in liff;
    },

    openWindow: function (target) {
      if (!target || !target.url) {
        throw LiffError("INVALID_ARGUMENT", "no proper argument is passed");
      }
      if (window.parent === window) {
        window.open(target.url, "_blank", "noopener");
        return;
      }
      tellPhone({ liff: "openWindow", url: target.url, external: Boolean(target.external) });
    },

    closeWindow: function () {
      if (window.parent === window) {
        window.close();
        return;
      }
      tellPhone({ liff: "close" });
    },

    sendMessages: function (messages) {
      if (!liff.isInClient()) {
        return Promise.reject(LiffError("FORBIDDEN", "messages can be sent inside LINE only"));
      }
      return call("/liff/messages", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ messages: messages }),
      }).then(function () {});
    },

    permission: {
      query: function (name) {
        var state = granted.indexOf(name) < 0 ? "unavailable" : "granted";
        return Promise.resolve({ state: state });
      },
      getGrantedAll: function () {
        return Promise.resolve(granted.slice());
      },
      requestAll: function () {
        return Promise.resolve();
      },
    },
  };

  window.liff = liff;
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", announceTitle);
  } else {
    announceTitle();
  }
})();
