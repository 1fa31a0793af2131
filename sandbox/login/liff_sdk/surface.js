// The object pages call.

var VERSION = "2.31.0";
var PERMISSIONS = ["openid", "profile", "email", "chat_message.write"];
var settle = {};
var ready = new Promise(function (resolve, reject) {
  settle = { resolve: resolve, reject: reject };
});
ready.catch(function () {});

function grantedScopes() {
  var token = load("access_token");
  if (!token) {
    return Promise.reject(LiffError("UNAUTHORIZED", "Need access_token for api call"));
  }
  return ask("/oauth2/v2.1/verify?access_token=" + encodeURIComponent(token)).then(function (found) {
    return found.scope.split(" ").filter(Boolean);
  });
}

// LINE opens a page of its own over this one; how it ended is read with getFriendship().
function offerFriendship() {
  return new Promise(function (resolve, reject) {
    var dialog = document.createElement("dialog");
    var question = document.createElement("p");
    question.textContent = "加入官方帳號為好友？";
    dialog.append(question, choice("加入好友", "add"), choice("先不要", "close"));
    dialog.addEventListener("close", function () {
      var answer = dialog.returnValue;
      dialog.remove();
      if (answer !== "add") {
        resolve();
        return;
      }
      call("/liff/friendship", { method: "POST" }).then(function () {
        resolve();
      }, reject);
    });
    document.body.append(dialog);
    dialog.showModal();

    function choice(words, value) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = words;
      button.addEventListener("click", function () {
        dialog.close(value);
      });
      return button;
    }
  });
}

var liff = {
  id: null,
  ready: ready,

  init: function (config, onSuccess, onFailure) {
    var done = new Promise(function (resolve, reject) {
      Promise.resolve(begin(config)).then(function (stays) {
        if (stays) {
          liff.id = liffId;
          announceTitle();
          resolve();
        }
      }, reject);
    });
    done.then(settle.resolve, settle.reject);
    if (onSuccess || onFailure) {
      done.then(onSuccess, onFailure);
    }
    return done;
  },

  isInClient: isInClient,

  isLoggedIn: function () {
    return Boolean(load("access_token"));
  },

  login: function (config) {
    if (liffId === null) {
      throw LiffError("INVALID_CONFIG", "You need to define `liffId` for liff.login()");
    }
    if (isInClient()) {
      throw LiffError("FORBIDDEN", "liff.login() is not available in the LIFF browser");
    }
    goToLogin(config && config.redirectUri);
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

  requestFriendship: function () {
    if (!load("access_token")) {
      return Promise.reject(LiffError("UNAUTHORIZED", "Need access_token for api call"));
    }
    return offerFriendship();
  },

  getContext: context,

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
    return VERSION;
  },

  getLineVersion: function () {
    return isInClient() ? "15.12.0" : null;
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
    if (!isInClient()) {
      return Promise.reject(LiffError("FORBIDDEN", "messages can be sent inside LINE only"));
    }
    if (!Array.isArray(messages) || messages.length < 1 || messages.length > 5) {
      var range = "Number of messages should be in range 1 to 5.";
      return Promise.reject(LiffError("INVALID_ARGUMENT", range));
    }
    return call("/message/v3/share", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ messages: messages }),
    }).then(function () {});
  },

  permission: {
    query: function (name) {
      if (PERMISSIONS.indexOf(name) < 0) {
        return Promise.reject(LiffError("INVALID_ARGUMENT", "Unexpected permission name."));
      }
      if (context().scope.indexOf(name) < 0) {
        return Promise.resolve({ state: "unavailable" });
      }
      return grantedScopes().then(function (scopes) {
        return { state: scopes.indexOf(name) < 0 ? "prompt" : "granted" };
      });
    },
    getGrantedAll: grantedScopes,
    requestAll: function () {
      return grantedScopes().then(function (scopes) {
        var missing = context().scope.filter(function (name) {
          return scopes.indexOf(name) < 0;
        });
        var said = missing.length
          ? "user didn't allow the agreement"
          : "All permissions have already been approved.";
        throw LiffError(missing.length ? "UNAUTHORIZED" : "FORBIDDEN", said);
      });
    },
  },
};

window.liff = liff;
if (document.readyState === "loading") {
  document.addEventListener("DOMContentLoaded", announceTitle);
} else {
  announceTitle();
}
