'use strict';
var util = require('util');

function Animal(name) {
  this.name = name;
}

Animal.prototype.speak = function () {
  var sound = 'x';
  return sound;
};

const { a, b } = util;
const Named = class Inner {
  run() {}
};

module.exports = { Animal };
